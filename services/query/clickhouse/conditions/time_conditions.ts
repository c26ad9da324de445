import { rfc3339FromMicros } from '../../../../schemas/streams/rfc3339.js'
import { fullMinute, SORT_BUCKET } from '../sort_key.js'
import type { TimeBounds, TimeRange } from '../time_bounds.js'
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

/** The condition that a time is in one of some ranges; none where a request names no ranges. */
export function rangesCondition(ranges: readonly TimeRange[] | undefined): readonly SqlFragment[] {
  if (ranges === undefined) return []
  const params: Record<string, string> = {}
  const alternatives = ranges.map(({ from, until }, index) => {
    const bounds = [
      ['time', '>=', from],
      ['time', '<', until],
      [SORT_BUCKET, '>=', fullMinute(from)],
      [SORT_BUCKET, '<=', fullMinute(until - 1n)],
    ] as const
    const conditions = bounds.map(([column, comparison, micros], part) => {
      const parameter = `range_${index}_${part}`
      params[parameter] = clickhouseTime(micros)
      return `${column} ${comparison} {${parameter}:DateTime64(6, 'UTC')}`
    })
    return `(${conditions.join(' AND ')})`
  })
  return [{ sql: alternatives.length === 0 ? 'false' : `(${alternatives.join(' OR ')})`, params }]
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
