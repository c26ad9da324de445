import { MAX_GROUPS } from '../../../schemas/derive/counts.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { recordConditions, whereClause } from '../clickhouse/conditions/conditions.js'
import { kindExpression, outcomeExpression } from '../clickhouse/conditions/outcome_condition.js'
import { paramsOf, type SqlFragment } from '../clickhouse/conditions/sql_fragment.js'
import { tenancySettings } from '../clickhouse/conditions/tenancy.js'
import type { Query } from '../clickhouse/database.js'
import { FINAL_SETTINGS } from '../clickhouse/final_settings.js'
import { UTC } from '../parameters/time_zone.js'
import { type Interval, isDay } from './intervals.js'
import type { CountsRequest } from './request.js'

/**
 * How many records each group has, of those that match the filters and that the principal may read. A row holds the
 * count, the start of the interval in seconds since the epoch where the request has an interval, and the values in the
 * order of `by`.
 *
 * One group more than the limit is enough to know that there are too many. ClickHouse stops reading when it has found
 * more (`break`); the counts by then are partial, and are never part of an answer. The largest groups are known only
 * when all are: then the memory of the query is the limit. `FINAL` counts a record once that its producer sent twice.
 */
export function countsQuery(
  stream: Stream,
  { by, interval, largest, filters }: CountsRequest,
  principal: Principal,
): Query {
  const derived = new Map(
    Object.entries(DERIVED).flatMap(([name, expression]) => (by.includes(name) ? [[name, expression(stream)]] : [])),
  )
  const conditions = recordConditions(stream, filters, principal)
  const settings = [
    FINAL_SETTINGS,
    ...(largest === undefined ? [`max_rows_to_group_by = ${MAX_GROUPS + 1}`, `group_by_overflow_mode = 'break'`] : []),
    ...tenancySettings(stream, principal),
  ]
  const keys = [...(interval === undefined ? [] : ['begins']), ...by]
  const selected = [
    'toString(count() AS counted)',
    ...(interval === undefined ? [] : [beginsExpression(interval)]),
    ...by.map((field) => {
      const expression = derived.get(field)
      return expression === undefined ? field : `${expression.sql} AS ${field}`
    }),
  ]
  return {
    query: [
      `SELECT ${selected.join(', ')}`,
      `FROM ${stream.name} FINAL`,
      whereClause(conditions),
      ...(keys.length === 0 ? [] : [`GROUP BY ${keys.join(', ')}`]),
      `ORDER BY ${[...(interval === undefined ? [] : ['begins']), 'counted DESC', ...by].join(', ')}`,
      ...(largest === undefined ? [] : [`LIMIT ${largest}${interval === undefined ? '' : ' BY begins'}`]),
      ...(largest === undefined || interval !== undefined ? [`LIMIT ${MAX_GROUPS + 1}`] : []),
      `SETTINGS ${settings.join(', ')}`,
    ].join('\n'),
    query_params: {
      ...(interval === undefined ? {} : { interval: interval.seconds, timezone: interval.zone.name }),
      ...paramsOf([...derived.values()]),
      ...paramsOf(conditions),
    },
  }
}

/** What records can be counted by that rules derive from their fields. */
const DERIVED: Readonly<Record<string, (stream: Stream) => SqlFragment>> = {
  outcome: outcomeExpression,
  kind: kindExpression,
}

/** The start of the interval of a `time` in seconds since the epoch, as `startOf` computes it. */
export function beginsExpression(interval: Interval): string {
  if (interval.zone.name === UTC.name) {
    return `toUnixTimestamp(toStartOfInterval(time, toIntervalSecond({interval:UInt32}), {timezone:String})) AS begins`
  }
  const midnight = 'toUnixTimestamp(toStartOfDay(time, {timezone:String}))'
  if (isDay(interval)) return `${midnight} AS begins`
  return `${midnight} + intDiv(toUnixTimestamp(time) - ${midnight}, {interval:UInt32}) * {interval:UInt32} AS begins`
}
