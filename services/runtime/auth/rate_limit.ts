import { LRUCache } from 'lru-cache'
import { Problem } from '../problem.js'
import type { Principal } from './bearer_tokens.js'
import { tenantOf } from './tenant.js'

/** How often a principal, or a tenant, may send requests. */
export interface RateLimit {
  /** Requests a second, on average. */
  readonly perSecond: number
  /** Requests at once, after a pause. */
  readonly burst: number
}

/** The limit that is configured; undefined for 0 a second, which means no limit. */
export function configuredRate(perSecond: number, burst: number): RateLimit | undefined {
  return perSecond === 0 ? undefined : { perSecond, burst }
}

/** Whether a request is admitted; if not, how long to wait. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly wait: Wait }

export interface Wait {
  /** Until the next request is admitted, in seconds. */
  readonly retrySeconds: number
  /** Until a whole burst is admitted, in seconds. */
  readonly resetSeconds: number
}

export interface RateLimiter {
  /** Whether a request would be admitted now. */
  check(key: string): Admission
  /** Admits a request if it may, and counts it. */
  admit(key: string): Admission
}

/** Buckets that are remembered. A forgotten one is full. */
const MAX_BUCKETS = 10_000

/**
 * A token bucket for each key, by the generic cell rate algorithm: the only state is the time at which the bucket is
 * full again. The least recently admitted keys are forgotten first.
 */
export function rateLimiter(
  { perSecond, burst }: RateLimit,
  clock: () => number = () => performance.now(),
): RateLimiter {
  const interval = 1_000 / perSecond
  const fullAt = new LRUCache<string, number>({ max: MAX_BUCKETS })

  function tryNow(key: string, count: boolean): Admission {
    const now = clock()
    const full = Math.max(fullAt.peek(key) ?? now, now) + interval
    const wait = full - now - burst * interval
    // Times are sums of intervals: rounding may make a bucket with exactly one token seem to have slightly less.
    if (wait > interval / 1_000) {
      return { admitted: false, wait: { retrySeconds: wait / 1_000, resetSeconds: (full - interval - now) / 1_000 } }
    }
    if (count) fullAt.set(key, full)
    return { admitted: true }
  }

  return { check: (key) => tryNow(key, false), admit: (key) => tryNow(key, true) }
}

/** Counts a request of a principal. @throws {Problem} 429 `RATE_LIMITED` when it is one too many */
export type LimitRate = (principal: Principal) => void

const READ_MORE = 'ask for more records at a time to ask less often'

/**
 * Limits the requests of each principal, by its token's subject, and of each tenant, by its organizations.
 *
 * @param advice what a caller that asks too often can do
 */
export function limitRateOf(
  perPrincipal: RateLimit | undefined,
  perTenant?: RateLimit,
  advice: string = READ_MORE,
): LimitRate {
  const principals = perPrincipal && { limit: perPrincipal, limiter: rateLimiter(perPrincipal), owner: 'You' }
  const tenants = perTenant && { limit: perTenant, limiter: rateLimiter(perTenant), owner: 'Your organization' }
  return (principal) => {
    const counted = [
      ...(principals === undefined ? [] : [{ ...principals, key: principal.subject }]),
      ...(tenants === undefined ? [] : [{ ...tenants, key: tenantOf(principal) }]),
    ]
    // A request that one of them refuses counts toward neither.
    for (const { limit, limiter, owner, key } of counted) {
      const admission = limiter.check(key)
      if (!admission.admitted) throw rateLimited(owner, limit, admission.wait, advice)
    }
    for (const { limiter, key } of counted) limiter.admit(key)
  }
}

export const UNLIMITED: LimitRate = () => {}

/** Has the header fields of draft-ietf-httpapi-ratelimit-headers (07), and `Retry-After` (RFC 9110). */
function rateLimited(
  owner: string,
  { perSecond, burst }: RateLimit,
  { retrySeconds, resetSeconds }: Wait,
  advice: string,
): Problem {
  const retry = Math.ceil(retrySeconds)
  const message = `${owner} may ask ${perSecond} times a second, ${burst} at once. Ask again after ${retry} s; ${advice}.`
  return new Problem(429, 'RATE_LIMITED', message, {
    'retry-after': String(retry),
    'ratelimit-limit': String(burst),
    'ratelimit-remaining': '0',
    'ratelimit-reset': String(Math.ceil(resetSeconds)),
  })
}
