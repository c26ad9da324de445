import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { paramsOf, type SqlFragment } from '../clickhouse/conditions/sql_fragment.js'
import { tenancySettings } from '../clickhouse/conditions/tenancy.js'
import type { Query } from '../clickhouse/database.js'
import { NO_DISJUNCTION_INDEXES } from '../clickhouse/final_settings.js'
import { pageRecords } from '../clickhouse/page_records.js'
import { NEWEST } from '../parameters/page.js'
import type { ValuesRequest } from './request.js'

/** Of a field with more values than these, ClickHouse stops reading. It then returns some, and there are more. */
const MAX_GROUPS = 100_000

/**
 * The first values of a field in order, one more than the request asks for: then there are more. Copies of a record
 * have the same values, so it reads without `FINAL`.
 */
export function valuesQuery(
  stream: Stream,
  { field, startsWith, filters }: ValuesRequest,
  principal: Principal,
): Query {
  const records = pageRecords(stream, filters, principal, NEWEST, { final: false })
  const begins: readonly SqlFragment[] =
    startsWith === undefined
      ? []
      : [{ sql: `startsWith(lowerUTF8(${field}), {starts_with:String})`, params: { starts_with: startsWith } }]
  const settings = [
    NO_DISJUNCTION_INDEXES,
    `max_rows_to_group_by = ${MAX_GROUPS}`,
    `group_by_overflow_mode = 'break'`,
    ...tenancySettings(stream, principal),
  ]
  return {
    query: [
      `SELECT ${field}`,
      records.sql,
      ...[{ sql: `${field} != ''` }, ...begins].map(({ sql }) => `  AND ${sql}`),
      `GROUP BY ${field}`,
      `ORDER BY ${field}`,
      'LIMIT {limit:UInt32}',
      `SETTINGS ${settings.join(', ')}`,
    ].join('\n'),
    query_params: { limit: filters.limit + 1, ...records.params, ...paramsOf(begins) },
  }
}
