import { MAX_AGE_DAYS, MAX_AHEAD_MS } from './stream.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** Microseconds in a day. */
export const DAY_MICROS = DAY_MS * 1000

/**
 * The latest time that the table can store: the table sorts by `toStartOfMinute(time)`, which is ClickHouse's DateTime,
 * whose 32 bits end in 2106. A day before that, so that the next midnight is one too. The earliest time is 1970, where
 * DateTime and Date begin.
 */
export const LATEST_TIME_MICROS = ((2 ** 32 - 1) * 1000 - DAY_MS) * 1000

/** Why a record's time cannot be stored. */
export type TimeFault = 'time_unrepresentable' | 'time_too_early' | 'time_too_late'

/**
 * What is wrong with a record's time, or undefined. The time is compared with Kafka's `timestamp` of the record
 * (milliseconds), and not with a clock, so that a replay decides the same. If Kafka has none (-1), only the table's
 * limits apply. The emitter sets Kafka's timestamp, so it decides by the same rule before a record leaves.
 */
export function timeFault(micros: number, timestamp: number): TimeFault | undefined {
  if (!(micros >= 0 && micros <= LATEST_TIME_MICROS)) return 'time_unrepresentable'
  if (timestamp < 0) return undefined
  if (micros < (timestamp - MAX_AGE_DAYS * DAY_MS) * 1000) return 'time_too_early'
  if (micros > (timestamp + MAX_AHEAD_MS) * 1000) return 'time_too_late'
  return undefined
}
