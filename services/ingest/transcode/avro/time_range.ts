import { MAX_AHEAD_MS, RETENTION_DAYS } from '../../../../schemas/streams/index.js'
import type { Reason } from '../reasons.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** Microseconds in a day. */
export const DAY_MICROS = DAY_MS * 1000

/**
 * The latest time that the table can hold: it sorts by `toStartOfHour(time)` and expires by `toDateTime(time)` plus the retention, both of
 * ClickHouse's DateTime, which ends with its 32 bits in 2106. The earliest is 1970, where that and Date begin.
 */
export const LATEST_TIME_MICROS = ((2 ** 32 - 1) * 1000 - RETENTION_DAYS * DAY_MS) * 1000

/**
 * What is wrong with a record's time, or undefined. It is compared with `timestamp`, the milliseconds that Kafka keeps with the record,
 * and not with any clock: so that a later replay decides the same. Where Kafka has none (-1), only what can be stored at all counts.
 */
export function timeFault(micros: number, timestamp: number): Reason | undefined {
  if (!(micros >= 0 && micros <= LATEST_TIME_MICROS)) return 'time_unrepresentable'
  if (timestamp < 0) return undefined
  if (micros < (timestamp - RETENTION_DAYS * DAY_MS) * 1000) return 'time_too_early'
  if (micros > (timestamp + MAX_AHEAD_MS) * 1000) return 'time_too_late'
  return undefined
}
