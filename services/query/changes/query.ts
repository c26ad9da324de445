import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import { recordConditions, whereClause } from '../clickhouse/conditions.js'
import type { Query } from '../clickhouse/database.js'
import { paramsOf, type SqlFragment } from '../clickhouse/sql_fragment.js'
import type { Filters } from '../parameters/filters.js'
import { beforeEndOf, inRanges } from './offset_conditions.js'
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
 * hours to find the copies. `duplicatesQuery` finds the records that a reader has already had.
 */
export function changesQuery(
  { stream, filters, principal }: Selection,
  ranges: readonly OffsetRange[],
  limit: number,
): Query {
  const conditions = [inRanges(ranges), ...recordConditions(stream, filters, principal)]
  return statement([`SELECT ${changesColumns(stream).join(', ')}`, ...selected(stream, conditions)], conditions, limit)
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
  const { stream, filters, principal } = selection
  const conditions = [inRanges(ranges), ...recordConditions(stream, filters, principal)]
  const key = ['toStartOfHour(time)', ...stream.organizations.slice(0, 1), 'time', 'event_id'].join(', ')
  const alreadyRead = beforeEndOf(before)
  return statement(
    [
      'SELECT DISTINCT toString(event_id), toString(time)',
      `FROM ${stream.name}`,
      `WHERE (${key}) IN (`,
      `SELECT ${key}`,
      ...selected(stream, conditions),
      ')',
      `  AND ${alreadyRead.sql}`,
    ],
    [...conditions, alreadyRead],
    limit,
  )
}

function selected(stream: Stream, conditions: readonly SqlFragment[]): readonly string[] {
  return [
    `FROM ${stream.name}`,
    whereClause(conditions),
    'ORDER BY topic_id, kafka_partition, kafka_offset',
    'LIMIT {limit:UInt32} BY topic_id, kafka_partition',
  ]
}

function statement(lines: readonly string[], conditions: readonly SqlFragment[], limit: number): Query {
  return { query: lines.join('\n'), query_params: { limit, ...paramsOf(conditions) } }
}
