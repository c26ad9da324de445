import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import { recordConditions, whereClause } from '../clickhouse/conditions.js'
import type { Query } from '../clickhouse/database.js'
import { paramsOf, type SqlFragment } from '../clickhouse/sql_fragment.js'
import type { Filters } from '../parameters/filters.js'
import type { Stretch } from './position.js'

/** What is asked for, whatever the stretches. */
export interface Asked {
  readonly stream: Stream
  readonly filters: Filters
  readonly principal: Principal
}

/** The columns of `arrivalQuery`, in order: those of a list, then where the record stood and when it was stored. */
export function arrivalColumns(stream: Stream): readonly string[] {
  return [...recordColumns(stream), ...PLACE, 'toString(toUnixTimestamp64Milli(ingested_at)) AS stored_at']
}

const PLACE = ['toString(topic_id)', 'toString(kafka_partition)', 'toString(kafka_offset)'] as const

/**
 * The records of some stretches that fit the filters and that the principal may read: of each partition the first `most`, in order.
 *
 * It reads without `FINAL`, which would hide a record behind its copy, and read whole hours to find the copies. What stands in the table
 * twice is for `copiesQuery` to tell.
 */
export function arrivalQuery(
  { stream, filters, principal }: Asked,
  stretches: readonly Stretch[],
  most: number,
): Query {
  const conditions = [within(stretches, 'in'), ...recordConditions(stream, filters, principal)]
  return statement([`SELECT ${arrivalColumns(stream).join(', ')}`, ...selected(stream, conditions)], conditions, most)
}

/**
 * Of the records that `arrivalQuery` answers with, those of which a copy stands behind: as `event_id` and `time`. A copy shares all but
 * its place with the record, so it is looked for where the sorting key has it.
 */
export function copiesQuery(
  asked: Asked,
  stretches: readonly Stretch[],
  most: number,
  behind: readonly Stretch[],
): Query {
  const { stream, filters, principal } = asked
  const conditions = [within(stretches, 'in'), ...recordConditions(stream, filters, principal)]
  const key = ['toStartOfHour(time)', ...stream.organizations.slice(0, 1), 'time', 'event_id'].join(', ')
  const passed = within(behind, 'behind', false)
  return statement(
    [
      'SELECT DISTINCT toString(event_id), toString(time)',
      `FROM ${stream.name}`,
      `WHERE (${key}) IN (`,
      `SELECT ${key}`,
      ...selected(stream, conditions),
      ')',
      `  AND ${passed.sql}`,
    ],
    [...conditions, passed],
    most,
  )
}

function selected(stream: Stream, conditions: readonly SqlFragment[]): readonly string[] {
  return [
    `FROM ${stream.name}`,
    whereClause(conditions),
    'ORDER BY topic_id, kafka_partition, kafka_offset',
    'LIMIT {most:UInt32} BY topic_id, kafka_partition',
  ]
}

function statement(lines: readonly string[], conditions: readonly SqlFragment[], most: number): Query {
  return { query: lines.join('\n'), query_params: { most, ...paramsOf(conditions) } }
}

/** How many offsets share an entry of the index `by_place` (schemas/clickhouse), as a power of two. */
const PLACE_BITS = 10
const PLACE_SIZE = 2 ** PLACE_BITS

/**
 * That a record stood in one of the stretches. The index over places is of use only where the condition names its expressions; it is
 * `bitShiftRight` rather than a division, because ClickHouse would hold a monotonic function against every granule's bounds of
 * `kafka_offset`, at ten times the cost of the rest.
 */
function within(stretches: readonly Stretch[], prefix: string, byPlace = true): SqlFragment {
  const params: Record<string, unknown> = {}
  const alternatives = stretches.map(({ topicId, partition, from, until }, index) => {
    const bind = (name: string, type: string, value: unknown): string => {
      params[`${prefix}_${name}_${index}`] = value
      return `{${prefix}_${name}_${index}:${type}}`
    }
    const bounds = [
      `topic_id = ${bind('topic', 'UUID', topicId)}`,
      `kafka_partition = ${bind('partition', 'UInt32', partition)}`,
      `kafka_offset >= ${bind('from', 'UInt64', from)}`,
      `kafka_offset < ${bind('until', 'UInt64', until)}`,
    ]
    if (byPlace) {
      const place = `bitShiftRight(kafka_offset, ${PLACE_BITS})`
      bounds.push(
        `${place} >= ${bind('first', 'UInt64', Math.floor(from / PLACE_SIZE))}`,
        `${place} <= ${bind('last', 'UInt64', Math.floor((until - 1) / PLACE_SIZE))}`,
      )
    }
    return `(${bounds.join(' AND ')})`
  })
  return { sql: alternatives.length === 0 ? 'false' : `(${alternatives.join('\n    OR ')})`, params }
}
