import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import { fieldCondition, whereClause } from '../clickhouse/conditions/conditions.js'
import { kindCondition, outcomeCondition } from '../clickhouse/conditions/outcome_condition.js'
import { paramsOf, type SqlFragment } from '../clickhouse/conditions/sql_fragment.js'
import { OWN, ownOrganizations, tenancySettings } from '../clickhouse/conditions/tenancy.js'
import type { Query } from '../clickhouse/database.js'
import { FINAL_SETTINGS, NO_DISJUNCTION_INDEXES } from '../clickhouse/final_settings.js'
import { pageRecords } from '../clickhouse/page_records.js'
import type { Filters } from '../parameters/filters.js'
import { NEWEST, type Order, type Page } from '../parameters/page.js'

/** How ClickHouse reads a page. */
export interface ReadOptions {
  /**
   * Whether the columns that conditions and order don't need are read last, for the page's records alone. Worth it
   * where most of the records that are read are not on the page; otherwise each granule is read twice.
   */
  readonly lazyColumns?: boolean
  /** Whether copies of a record are removed. Without `FINAL`, they are neighbors in the result. */
  readonly final?: boolean
  /** What is read of each record; by default, all of it. */
  readonly columns?: readonly string[]
}

/**
 * A page of the records that match the filters and that the principal may read: by time, then by `event_id`.
 *
 * ClickHouse does not read in reverse order of a key whose first column is not the order's, so `windows.ts` bounds what
 * is read.
 */
export function listQuery(
  stream: Stream,
  filters: Filters,
  principal: Principal,
  page: Page = NEWEST,
  { lazyColumns = true, final = true, columns = recordColumns(stream) }: ReadOptions = {},
): Query {
  const records = pageRecords(stream, filters, principal, page, { final })
  const settings = [
    final ? FINAL_SETTINGS : NO_DISJUNCTION_INDEXES,
    CONCURRENCY_SETTINGS,
    `query_plan_optimize_lazy_materialization = ${lazyColumns ? 1 : 0}`,
    ...tenancySettings(stream, principal),
  ]
  return {
    query: [
      `SELECT ${columns.join(', ')}`,
      records.sql,
      ORDER_BY[page.order],
      'LIMIT {limit:UInt32}',
      `SETTINGS ${settings.join(', ')}`,
    ].join('\n'),
    query_params: { limit: filters.limit, ...records.params },
  }
}

/**
 * A page reads few granules, but each costs much. From eight on, threads share them; ClickHouse's defaults, made for
 * scans, use one thread.
 */
const CONCURRENCY_SETTINGS =
  'merge_tree_min_rows_for_concurrent_read = 4096, merge_tree_min_bytes_for_concurrent_read = 1'

const ORDER_BY: Readonly<Record<Order, string>> = {
  'newest first': 'ORDER BY time DESC, event_id DESC',
  'oldest first': 'ORDER BY time ASC, event_id ASC',
}

/**
 * The times of a stream's oldest and newest record of all organizations, in microseconds since the epoch; no row for an
 * empty stream. ClickHouse keeps both with each part of a table that is partitioned by time, so it reads no record.
 */
export function timeExtentQuery(stream: Stream): Query {
  return {
    query: [
      'SELECT toString(toUnixTimestamp64Micro(min(time))), toString(toUnixTimestamp64Micro(max(time)))',
      `FROM ${stream.name}`,
      'HAVING count() > 0',
    ].join('\n'),
    query_params: {},
  }
}

/**
 * At most `limit` distinct combinations of the values of some fields, among the records that match the filters and that
 * the principal may read. It reads the table's projection of those fields where there is one, and no records. The
 * projections by organization are sorted by it, so little of others' records is read. Without PREWHERE the amount does
 * not depend on the filters, so it reveals nothing about other organizations' records.
 */
export function distinctValuesQuery(
  stream: Stream,
  fields: readonly string[],
  filters: Pick<Filters, 'fields' | 'outcomes' | 'kinds'>,
  principal: Principal,
  limit: number,
): Query {
  const conditions = [
    ...filters.fields.map(fieldCondition),
    ...outcomeCondition(stream, filters.outcomes),
    ...kindCondition(stream, filters.kinds),
  ]
  const distinct = (tenancy: readonly SqlFragment[]) => [
    `SELECT ${fields.join(', ')}`,
    `FROM ${stream.name}`,
    ...(conditions.length + tenancy.length === 0 ? [] : [whereClause([...tenancy, ...conditions])]),
    `GROUP BY ${fields.join(', ')}`,
  ]
  const query_params = { limit, ...paramsOf(conditions) }
  const { organizations } = principal
  if (organizations === 'all') {
    return { query: [...distinct([]), 'LIMIT {limit:UInt32}'].join('\n'), query_params }
  }
  const own = ownOrganizations(organizations)
  const parts = stream.organizations.map((field) => distinct([{ sql: `${field} IN ${OWN}`, params: {} }]).join('\n'))
  const settings = ['optimize_move_to_prewhere = 0', ...tenancySettings(stream, principal)]
  return {
    query: [
      `SELECT DISTINCT ${fields.join(', ')} FROM (`,
      parts.join('\nUNION ALL\n'),
      ')',
      'LIMIT {limit:UInt32}',
      `SETTINGS ${settings.join(', ')}`,
    ].join('\n'),
    query_params: { ...query_params, organizations: own },
  }
}
