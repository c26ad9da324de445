import { rfc3339FromMicros } from '../../../../schemas/streams/rfc3339.js'
import { fullMinute, SORT_BUCKET } from '../sort_key.js'
import type { TimeBounds } from '../time_bounds.js'
import type { SqlFragment } from './sql_fragment.js'

/**
 * Bounds of the time, and the bounds of its full minute that follow from them. The table is sorted by the full minute
 * first, and ClickHouse does not derive one bound from the other, since the time itself is part of the key too.
 */
export function timeConditions({ from, until }: TimeBounds): readonly SqlFragment[] {
  return [
    ...(from === undefined
      ? []
      : [bound('time >=', 'dt_from', from), bound(`${SORT_BUCKET} >=`, 'from_minute', fullMinute(from))]),
    ...(until === undefined
      ? []
      : [bound('time <', 'dt_to', until), bound(`${SORT_BUCKET} <=`, 'to_minute', fullMinute(until - 1n))]),
  ]
}

function bound(comparison: string, parameter: string, micros: bigint): SqlFragment {
  return {
    sql: `${comparison} {${parameter}:DateTime64(6, 'UTC')}`,
    params: { [parameter]: clickhouseTime(micros) },
  }
}

/**
 * The range of a DateTime64 column. No record lies outside, so a bound outside has the same meaning as one at the edge.
 */
const EARLIEST = -2_208_988_800_000_000n // 1900-01-01T00:00:00Z
const LATEST = 10_413_791_999_999_999n // 2299-12-31T23:59:59.999999Z

/** A time in microseconds since the epoch as text that ClickHouse reads as a DateTime64. */
export function clickhouseTime(micros: bigint): string {
  const bounded = micros < EARLIEST ? EARLIEST : micros > LATEST ? LATEST : micros
  return rfc3339FromMicros(bounded).replace('T', ' ').replace('Z', '')
}
