import { INTERVALS } from '../../../schemas/derive/counts.js'
import { ParameterError } from '../parameters/given_parameters.js'
import { type TimeZone, UTC } from '../parameters/time_zone.js'

/**
 * Intervals of equal length. The first of a day begins at midnight of the time zone, and none crosses a midnight: on
 * a day that clocks make longer, there is one more of them, or part of one. An interval of a day is that day.
 */
export interface Interval {
  readonly name: string
  readonly seconds: number
  readonly zone: TimeZone
}

const SECOND = 1_000_000n
const DAY_SECONDS = 86_400

/** @throws {ParameterError} if there is no interval of that name */
export function intervalNamed(name: string, zone: TimeZone = UTC): Interval {
  const seconds = INTERVALS.get(name)
  if (seconds === undefined) throw new ParameterError(`must be one of ${[...INTERVALS.keys()].join(', ')}.`)
  return { name, seconds, zone }
}

/** Whether an interval is a whole day. */
export function isDay({ seconds }: Interval): boolean {
  return seconds === DAY_SECONDS
}

/** The start of the interval that a time belongs to, in microseconds since the epoch. */
export function startOf(micros: bigint, interval: Interval): bigint {
  const midnight = interval.zone.midnight(micros)
  const length = BigInt(interval.seconds) * SECOND
  return isDay(interval) ? midnight : midnight + ((micros - midnight) / length) * length
}

/** The start of the first of `count` intervals, the last of which a time belongs to. */
export function startOfLast(count: number, micros: bigint, interval: Interval): bigint {
  const start = startOf(micros, interval)
  if (isDay(interval)) return interval.zone.add(start, { days: 1 - count })
  return startOf(start - BigInt(count - 1) * BigInt(interval.seconds) * SECOND, interval)
}

/** How many intervals lie between two times, at most. */
export function countOf(
  { from, until }: { readonly from: bigint; readonly until: bigint },
  interval: Interval,
): bigint {
  if (until <= from) return 1n
  const length = BigInt(interval.seconds) * SECOND
  // Half an interval more or less is what a change of clocks makes of a day.
  const whole = (startOf(until - 1n, interval) - startOf(from, interval) + length / 2n) / length
  return whole + 1n
}
