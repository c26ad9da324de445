import type { SqlFragment } from '../clickhouse/conditions/sql_fragment.js'
import { clickhouseTime } from '../clickhouse/conditions/time_conditions.js'
import { fullMinute, SORT_BUCKET } from '../clickhouse/sort_key.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'

/** A range of a statement: the condition that a record's time lies in it, and the names of its two times. */
export interface NamedRange extends SqlFragment {
  readonly from: string
  readonly until: string
}

/** The ranges of one statement, with parameters of their own. Each also bounds the first column of the sort key. */
export function namedRanges(ranges: readonly TimeRange[]): readonly NamedRange[] {
  return ranges.map(({ from, until }, index) => ({
    from: `from_${index}`,
    until: `until_${index}`,
    params: {
      [`from_${index}`]: clickhouseTime(from),
      [`until_${index}`]: clickhouseTime(until),
      [`from_minute_${index}`]: clickhouseTime(fullMinute(from)),
      [`until_minute_${index}`]: clickhouseTime(fullMinute(until - 1n)),
    },
    sql: [
      `time >= ${timeParameter(`from_${index}`)} AND time < ${timeParameter(`until_${index}`)}`,
      `${SORT_BUCKET} >= ${timeParameter(`from_minute_${index}`)}`,
      `${SORT_BUCKET} <= ${timeParameter(`until_minute_${index}`)}`,
    ].join(' AND '),
  }))
}

/** The condition that a record's time lies in one of the ranges. */
export function inAnyOf(ranges: readonly NamedRange[]): string {
  return `(${ranges.map(({ sql }) => `(${sql})`).join('\n    OR ')})`
}

export function timeParameter(name: string): string {
  return `{${name}:DateTime64(6, 'UTC')}`
}
