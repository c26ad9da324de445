import { LRUCache } from 'lru-cache'
import { Problem } from '../../runtime/problem.js'
import type { Principal } from './bearer_tokens.js'

/** How often a principal may send requests. */
export interface RateLimit {
  /** Requests a second, on average. */
  readonly perSecond: number
  /** Requests at once, after a pause. */
  readonly burst: number
}

/** Whether a request is admitted; if not, how long to wait. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly wait: Wait }

export interface Wait {
  /** Until the next request is admitted, in seconds. */
  readonly retrySeconds: number
  /** Until a whole burst is admitted, in seconds. */
  readonly resetSeconds: number
}

/** Principals that are remembered. A forgotten one starts with a full bucket. */
const MAX_PRINCIPALS = 10_000

/**
 * A token bucket for each principal, by the generic cell rate algorithm: the only state is the time at which the bucket
 * is full again. The least recently admitted principals are forgotten first.
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
    // Times are sums of intervals: rounding may make a bucket with exactly one token seem to have slightly less.
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
    if (!admission.admitted) throw rateLimited(limit, admission.wait)
  }
}

export const UNLIMITED: LimitRate = () => {}

/** Has the header fields of draft-ietf-httpapi-ratelimit-headers (07), and `Retry-After` (RFC 9110). */
function rateLimited({ perSecond, burst }: RateLimit, { retrySeconds, resetSeconds }: Wait): Problem {
  const retry = Math.ceil(retrySeconds)
  const advice = `Ask again after ${retry} s; ask for more records at a time to ask less often.`
  return new Problem(429, 'RATE_LIMITED', `You may ask ${perSecond} times a second, ${burst} at once. ${advice}`, {
    'retry-after': String(retry),
    'ratelimit-limit': String(burst),
    'ratelimit-remaining': '0',
    'ratelimit-reset': String(Math.ceil(resetSeconds)),
  })
}
