import { LRUCache } from 'lru-cache'
import { Problem } from '../../runtime/problem.js'
import type { Principal } from './bearer_tokens.js'

/** How often a principal may ask. */
export interface RateLimit {
  /** Requests a second, in the long run. */
  readonly perSecond: number
  /** Requests at once, after a pause. */
  readonly burst: number
}

/** Whether a principal may ask now; else what is left, and when there will be more. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly wait: Wait }

export interface Wait {
  /** Until the next request is admitted, in seconds. */
  readonly retrySeconds: number
  /** Until a whole burst is, in seconds. */
  readonly resetSeconds: number
}

/** So many principals are remembered; one that is forgotten may ask as if after a pause. */
const MAX_PRINCIPALS = 10_000

/**
 * A token bucket for each principal, as the generic cell rate algorithm has it: all that is kept of one is the time at which its bucket
 * will be full again. The least recently admitted are forgotten first.
 */
export function rateLimiter(
  { perSecond, burst }: RateLimit,
  clock: () => number = () => performance.now(),
): (principal: string) => Admission {
  const interval = 1_000 / perSecond
  const fullAt = new LRUCache<string, number>({ max: MAX_PRINCIPALS })

  return (principal) => {
    const now = clock()
    const full = Math.max(fullAt.peek(principal) ?? now, now) + interval
    const wait = full - now - burst * interval
    // Times are sums of intervals, so a bucket that holds exactly one token may seem to lack a hair of it.
    if (wait > interval / 1_000) {
      return { admitted: false, wait: { retrySeconds: wait / 1_000, resetSeconds: (full - interval - now) / 1_000 } }
    }
    fullAt.set(principal, full)
    return { admitted: true }
  }
}

/** Counts a request of a principal. @throws {Problem} 429 `RATE_LIMITED` when it is one too many */
export type LimitRate = (principal: Principal) => void

/** Limits the requests of each principal, by its token's subject. */
export function limitRateOf(limit: RateLimit): LimitRate {
  const admit = rateLimiter(limit)
  return ({ subject }) => {
    const admission = admit(subject)
    if (!admission.admitted) throw tooOften(limit, admission.wait)
  }
}

export const UNLIMITED: LimitRate = () => {}

/** With the header fields of draft-ietf-httpapi-ratelimit-headers (07), and the one of RFC 9110 that clients wait by. */
function tooOften({ perSecond, burst }: RateLimit, { retrySeconds, resetSeconds }: Wait): Problem {
  const retry = Math.ceil(retrySeconds)
  const advice = `Ask again after ${retry} s; ask for more records at a time to ask less often.`
  return new Problem(429, 'RATE_LIMITED', `You may ask ${perSecond} times a second, ${burst} at once. ${advice}`, {
    'retry-after': String(retry),
    'ratelimit-limit': String(burst),
    'ratelimit-remaining': '0',
    'ratelimit-reset': String(Math.ceil(resetSeconds)),
  })
}
