import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { recordConditions, whereClause } from '../clickhouse/conditions/conditions.js'
import { paramsOf } from '../clickhouse/conditions/sql_fragment.js'
import { tenancySettings } from '../clickhouse/conditions/tenancy.js'
import type { Query } from '../clickhouse/database.js'
import { FINAL_SETTINGS } from '../clickhouse/final_settings.js'
import type { Filters } from '../parameters/filters.js'

/** Which objects are counted: those at a key of a JSON field, and by how many users, at a key of another. */
export interface MostUsed {
  readonly field: string
  readonly path: string
  readonly user: { readonly field: string; readonly path: string }
  readonly top: number
}

/**
 * The objects that most of the records have that match: their JSON, how many records have them, and how many users
 * these records have.
 */
export function mostUsedQuery(
  stream: Stream,
  filters: Omit<Filters, 'limit'>,
  { field, path, user, top }: MostUsed,
  principal: Principal,
): Query {
  const has = { sql: `JSONHas(${field}, {object:String})`, params: { object: path } }
  const conditions = [has, ...recordConditions(stream, { ...filters, limit: top }, principal)]
  return {
    query: [
      `SELECT JSONExtractRaw(${field}, {object:String}) AS object, toString(count() AS counted),`,
      `toString(uniqExact(JSONExtractRaw(${user.field}, {user_key:String})))`,
      `FROM ${stream.name} FINAL`,
      whereClause(conditions),
      'GROUP BY object',
      'ORDER BY counted DESC, object',
      'LIMIT {top:UInt32}',
      `SETTINGS ${[FINAL_SETTINGS, ...tenancySettings(stream, principal)].join(', ')}`,
    ].join('\n'),
    query_params: { user_key: user.path, top, ...paramsOf(conditions) },
  }
}
