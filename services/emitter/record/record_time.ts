import { types } from 'node:util'
import { isAbsent } from '../../../schemas/streams/absent.js'
import { MAX_AGE_DAYS, MAX_AHEAD_MS } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { LATEST_TIME_MICROS, type TimeFault, timeFault } from '../../../schemas/streams/time_range.js'

const LATEST = new Date(LATEST_TIME_MICROS / 1000).toISOString()

const MESSAGES: Readonly<Record<TimeFault, string>> = {
  time_unrepresentable: `must be from 1970-01-01T00:00:00Z to ${LATEST}`,
  time_too_early: `must be at most ${MAX_AGE_DAYS} days ago`,
  time_too_late: `must be at most ${MAX_AHEAD_MS / 3_600_000} hours ahead`,
}

/**
 * A record's time in microseconds since the epoch, or what is wrong with it. An absent time is `timestamp`. The rule is
 * ingest's, and `timestamp` becomes Kafka's timestamp of the record, so ingest decides the same.
 *
 * @param timestamp the current time, in milliseconds since the epoch
 */
export function recordTime(
  value: unknown,
  timestamp: number,
): { readonly micros: number } | { readonly fault: string } {
  const micros = microsOf(value, timestamp)
  if (micros === undefined) {
    return { fault: 'must be a Date or RFC 3339 text such as 2026-01-31T12:00:00.000000Z' }
  }
  const fault = timeFault(micros, timestamp)
  return fault === undefined ? { micros } : { fault: MESSAGES[fault] }
}

function microsOf(value: unknown, timestamp: number): number | undefined {
  if (isAbsent(value)) return timestamp * 1000
  if (types.isDate(value)) {
    // Not the object's own method, which a subclass may override, and any realm's Date.
    const milliseconds = Date.prototype.getTime.call(value)
    return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000
  }
  const micros = typeof value === 'string' ? microsFromRfc3339(value) : undefined
  return micros === undefined ? undefined : Number(micros)
}
