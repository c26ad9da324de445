import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import { filterConditions, whereClause } from '../clickhouse/conditions/conditions.js'
import { beforeEndOf, inRanges } from '../clickhouse/conditions/offset_conditions.js'
import { paramsOf, type SqlFragment } from '../clickhouse/conditions/sql_fragment.js'
import { tenancyConditions, tenancySettings } from '../clickhouse/conditions/tenancy.js'
import { timeConditions } from '../clickhouse/conditions/time_conditions.js'
import type { Query } from '../clickhouse/database.js'
import { sortKey } from '../clickhouse/sort_key.js'
import type { Filters } from '../parameters/filters.js'
import type { OffsetRange } from './stream_position.js'

/** Which records a reader follows: those of a stream that match the filters and that the principal may read. */
export interface Selection {
  readonly stream: Stream
  readonly filters: Filters
  readonly principal: Principal
}

/**
 * The columns of `changesQuery`, in order: those of a list, then the record's offset and the time at which it was
 * stored.
 */
export function changesColumns(stream: Stream): readonly string[] {
  return [...recordColumns(stream), ...OFFSET_COLUMNS, 'toString(toUnixTimestamp64Milli(ingested_at)) AS stored_at']
}

const OFFSET_COLUMNS = ['toString(topic_id)', 'toString(kafka_partition)', 'toString(kafka_offset)'] as const

/**
 * The selected records in some ranges: the first `limit` of each partition, by offset.
 *
 * It reads without `FINAL`. `FINAL` would return the later copy of a record instead of the earlier one, and read whole
 * minutes to find the copies. `duplicatesQuery` finds the records that a reader has already had.
 */
export function changesQuery(selection: Selection, ranges: readonly OffsetRange[], limit: number): Query {
  const { stream, principal } = selection
  const records = selected(selection, ranges)
  return {
    query: [`SELECT ${changesColumns(stream).join(', ')}`, records.sql, ...settingsOf(stream, principal)].join('\n'),
    query_params: { limit, ...records.params },
  }
}

/**
 * Of the records that `changesQuery` returns, those that have a copy in `before`: their `event_id` and `time`. A copy
 * differs from the record only in its offset, so the sorting key finds it.
 */
export function duplicatesQuery(
  selection: Selection,
  ranges: readonly OffsetRange[],
  limit: number,
  before: readonly OffsetRange[],
): Query {
  const { stream, principal } = selection
  const records = selected(selection, ranges)
  const key = sortKey(stream).join(', ')
  const alreadyRead = beforeEndOf(before)
  return {
    query: [
      'SELECT DISTINCT toString(event_id), toString(time)',
      `FROM ${stream.name}`,
      `WHERE (${key}) IN (`,
      `SELECT ${key}`,
      records.sql,
      ')',
      `  AND ${alreadyRead.sql}`,
      ...settingsOf(stream, principal),
    ].join('\n'),
    query_params: { limit, ...paramsOf([records, alreadyRead]) },
  }
}

/**
 * ClickHouse reads the columns of a condition only where the conditions before it hold. So the tenancy comes first:
 * what is read then depends on the principal's own records.
 */
function selected({ stream, filters, principal }: Selection, ranges: readonly OffsetRange[]): SqlFragment {
  const tenancy = tenancyConditions(stream, principal)
  const conditions = [inRanges(ranges), ...timeConditions(filters), ...filterConditions(stream, filters, principal)]
  return {
    sql: [
      `FROM ${stream.name}`,
      ...tenancy.map(({ sql }) => `PREWHERE ${sql}`),
      whereClause(conditions),
      'ORDER BY topic_id, kafka_partition, kafka_offset',
      'LIMIT {limit:UInt32} BY topic_id, kafka_partition',
    ].join('\n'),
    params: paramsOf([...tenancy, ...conditions]),
  }
}

function settingsOf(stream: Stream, principal: Principal): readonly string[] {
  const settings = tenancySettings(stream, principal)
  return settings.length === 0 ? [] : [`SETTINGS ${settings.join(', ')}`]
}
