import {
  ConcurrencyLimiter,
  type ConcurrencyLimits,
  type ExceededLimit,
} from '../../runtime/auth/concurrency_limiter.js'
import { Problem } from '../../runtime/problem.js'

const MIB = 1024 * 1024

/**
 * Bytes of bodies that are held at once, as they arrive and unpacked. One body is at most 4 MiB of each. The rest of
 * what the service can hold (16 MiB as they arrive) is left to webhooks.
 */
const HELD_BYTES: ConcurrencyLimits = { perPrincipal: 8 * MIB, perTenant: 10 * MIB, total: 14 * MIB }

const RETRY = { 'retry-after': '1' }

/** Bounds the bytes that each writer, and all of them, make the service hold. */
export function heldBytesLimiter(): ConcurrencyLimiter {
  return new ConcurrencyLimiter(HELD_BYTES, tooManyBytes)
}

/** The answer to a writer whose bytes exceed a limit. */
export function tooManyBytes({ limit, value }: ExceededLimit): Problem {
  if (limit === 'total') {
    return new Problem(
      503,
      'BUSY',
      'The service is receiving as much data as it can hold. Send the request again.',
      RETRY,
    )
  }
  const owner = limit === 'perPrincipal' ? 'You have' : 'Your organization has'
  const message = `${owner} ${value / MIB} MiB of records under way, which is the limit. Send fewer at once.`
  return new Problem(429, 'TOO_MANY_BYTES', message, RETRY)
}
