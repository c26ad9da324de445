import { MAX_GROUPS } from '../../../schemas/derive/counts.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import { outcomeExpression } from '../clickhouse/outcome_condition.js'
import { conditionsOf, FINAL_SETTINGS, type Query } from '../clickhouse/query.js'
import type { CountsRequest } from './request.js'

/**
 * How many records of each group there are, of those that fit the filters and that the principal may read. A row holds the count, the
 * beginning of the interval in seconds since the epoch where one is asked for, and the values in the order of `by`.
 *
 * One group more than may be answered with is enough to know that there are too many, so ClickHouse stops reading when it has found more
 * (`break`): what it has counted by then is not the whole, and is never told. `FINAL` counts a record once that its producer sent twice.
 */
export function countsQuery(stream: Stream, { by, interval, filters }: CountsRequest, principal: Principal): Query {
  const outcome = by.includes('outcome') ? outcomeExpression(stream) : undefined
  const conditions = conditionsOf(stream, filters, principal)
  const keys = [...(interval === undefined ? [] : ['begins']), ...by]
  const selected = [
    'toString(count() AS counted)',
    ...(interval === undefined ? [] : [BEGINS]),
    ...by.map((field) => (field === 'outcome' ? `${outcome?.sql} AS outcome` : field)),
  ]
  return {
    query: [
      `SELECT ${selected.join(', ')}`,
      `FROM ${stream.name} FINAL`,
      `WHERE ${conditions.map(({ sql }) => sql).join('\n  AND ')}`,
      ...(keys.length === 0 ? [] : [`GROUP BY ${keys.join(', ')}`]),
      `ORDER BY ${[...(interval === undefined ? [] : ['begins']), 'counted DESC', ...by].join(', ')}`,
      `LIMIT ${MAX_GROUPS + 1}`,
      `SETTINGS ${FINAL_SETTINGS}, max_rows_to_group_by = ${MAX_GROUPS + 1}, group_by_overflow_mode = 'break'`,
    ].join('\n'),
    query_params: Object.assign(
      {},
      interval === undefined ? {} : { interval: interval.seconds },
      outcome?.params,
      ...conditions.map(({ params }) => params),
    ),
  }
}

const BEGINS = "toUnixTimestamp(toStartOfInterval(time, toIntervalSecond({interval:UInt32}), 'UTC')) AS begins"
