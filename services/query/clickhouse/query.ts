import { TupleParam } from '@clickhouse/client'
import type { Stream } from '../../../schemas/streams/index.js'
import { rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { Combinations, FieldFilter, Filters } from '../parameters/filters.js'
import { NEWEST, type Order, type Page } from '../parameters/page.js'
import { fullHour } from './hour.js'
import { outcomeCondition } from './outcome_condition.js'
import { type Span, spanOf } from './time_bounds.js'

/** A statement and the values bound to it. No text of a request is ever part of the statement. */
export interface Query {
  readonly query: string
  readonly query_params: Readonly<Record<string, unknown>>
}

/** The columns that a list answers with, in order: the envelope, then the stream's fields. */
export function listColumns(stream: Stream): readonly string[] {
  return ['event_id', 'time', ...stream.fields.map(({ name }) => name)]
}

/**
 * A page of the records of a stream that fit the filters and that the principal may read: by time, equal times by `event_id`.
 *
 * `FINAL` folds a record that its producer sent twice. Copies of a record share its time and with it the partition, so partitions need
 * not be merged with each other. They share all else, too: what a condition says of one it says of all, so no granule need be
 * read for the sake of a copy that fits no condition. (With `FINAL`, ClickHouse does not read in reverse order of the sorting key, so naming the key's
 * first expression in ORDER BY would gain nothing; see `windows`.)
 */
export function listQuery(
  stream: Stream,
  filters: Filters,
  principal: Principal,
  page: Page = NEWEST,
  others: OtherColumns = 'late',
): Query {
  const records = recordsMeant(stream, filters, principal, page)
  return {
    query: [
      `SELECT ${listColumns(stream).join(', ')}`,
      records.query,
      ORDER_BY[page.order],
      'LIMIT {limit:UInt32}',
      `SETTINGS ${FINAL_SETTINGS}, ${SHARED_SETTINGS}, query_plan_optimize_lazy_materialization = ${others === 'late' ? 1 : 0}`,
    ].join('\n'),
    query_params: { limit: filters.limit, ...records.query_params },
  }
}

/** The part of a statement that says which records are meant: those that fit the filters, lie after the page's place, and may be read. */
export function recordsMeant(stream: Stream, filters: Filters, principal: Principal, page: Page): Query {
  const conditions = [
    ...timeBounds(spanOf(filters, page)),
    ...beyond(page),
    ...whateverItsTime(stream, filters, principal),
  ]
  const where = conditions.map(({ sql }) => sql).join('\n  AND ')
  return {
    query: `FROM ${stream.name} FINAL${where === '' ? '' : `\nWHERE ${where}`}`,
    query_params: Object.assign({}, ...conditions.map(({ params }) => params)),
  }
}

/**
 * When the columns are read that do not decide which records are the page's: late, for these records alone, or at once. Late is for where
 * most of what is looked at is not the page's; otherwise a granule would be read twice for nothing.
 */
export type OtherColumns = 'late' | 'at once'

/**
 * What goes with every `FINAL`: a record and its copies share a partition, and whatever a condition asks. Filters are asked for conditions
 * that all must hold, the wide ones first; for such of which one suffices ClickHouse would ask each of them everywhere.
 */
export const FINAL_SETTINGS = [
  'do_not_merge_across_partitions_select_final = 1',
  'use_skip_indexes_if_final_exact_mode = 0',
  'use_skip_indexes_for_disjunctions = 0',
].join(', ')

/** A page's granules are few and dear: from eight on, threads share them. ClickHouse's own bounds are made for scans, and leave them to one. */
const SHARED_SETTINGS = 'merge_tree_min_rows_for_concurrent_read = 4096, merge_tree_min_bytes_for_concurrent_read = 1'

const ORDER_BY: Readonly<Record<Order, string>> = {
  'newest first': 'ORDER BY time DESC, event_id DESC',
  'oldest first': 'ORDER BY time ASC, event_id ASC',
}

/**
 * The times of the oldest and of the newest record of a stream, whoever's they are, in microseconds since the epoch; no row where there
 * is no record. ClickHouse keeps both with each part of a table that is partitioned by time, and reads no record for them.
 */
export function extentQuery(stream: Stream): Query {
  return {
    query: [
      'SELECT toString(toUnixTimestamp64Micro(min(time))), toString(toUnixTimestamp64Micro(max(time)))',
      `FROM ${stream.name}`,
      'HAVING count() > 0',
    ].join('\n'),
    query_params: {},
  }
}

/** That a record fits the filters, and that the principal may read it. */
export function conditionsOf(stream: Stream, filters: Filters, principal: Principal): readonly Condition[] {
  return [...timeBounds(filters), ...whateverItsTime(stream, filters, principal)]
}

function whateverItsTime(stream: Stream, filters: Filters, principal: Principal): readonly Condition[] {
  return [
    ...filters.fields.map(fieldCondition),
    ...outcomeCondition(stream, filters.outcomes),
    ...combinationCondition(filters.combinations),
    ...tenancy(stream, principal),
  ]
}

export interface Condition {
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * Bounds of the time and, which follow from them, of its full hour: that is what the table is sorted by first, and ClickHouse does not
 * conclude the one from the other, since the time itself is part of the key too.
 */
function timeBounds({ from, until }: Span): Condition[] {
  return [
    ...(from === undefined
      ? []
      : [timeBound('time >=', 'dt_from', from), timeBound('toStartOfHour(time) >=', 'from_hour', fullHour(from))]),
    ...(until === undefined
      ? []
      : [timeBound('time <', 'dt_to', until), timeBound('toStartOfHour(time) <=', 'to_hour', fullHour(until - 1n))]),
  ]
}

function timeBound(bounded: string, parameter: string, micros: bigint): Condition {
  return {
    sql: `${bounded} {${parameter}:DateTime64(6, 'UTC')}`,
    params: { [parameter]: clickhouseTime(micros) },
  }
}

/** Of the records that share the time of the one that the page comes after, those that follow it. The time itself is bounded already. */
function beyond({ order, after }: Page): Condition[] {
  if (after?.eventId === undefined) return []
  const follows = order === 'newest first' ? '<' : '>'
  return [
    {
      sql: `(time ${follows} {after_time:DateTime64(6, 'UTC')} OR event_id ${follows} {after_event_id:UUID})`,
      params: { after_time: clickhouseTime(after.time), after_event_id: after.eventId },
    },
  ]
}

/** What a DateTime64 column can hold. No record lies outside, so a bound outside says the same as one at the edge. */
const EARLIEST = -2_208_988_800_000_000n // 1900-01-01T00:00:00Z
const LATEST = 10_413_791_999_999_999n // 2299-12-31T23:59:59.999999Z

function clickhouseTime(micros: bigint): string {
  const bounded = micros < EARLIEST ? EARLIEST : micros > LATEST ? LATEST : micros
  return rfc3339FromMicros(bounded).replace('T', ' ').replace('Z', '')
}

/**
 * The distinct values that some fields have together among all records that fit the conditions, whoever's they are, at most so many: never to
 * be answered with. Fast where the table has a projection of those fields, which this reads instead of records.
 */
export function distinctQuery(
  stream: Stream,
  fields: readonly string[],
  filters: Pick<Filters, 'fields' | 'outcomes'>,
  limit: number,
): Query {
  const conditions = [...filters.fields.map(fieldCondition), ...outcomeCondition(stream, filters.outcomes)]
  const where = conditions.map(({ sql }) => sql).join('\n  AND ')
  return {
    query: [
      `SELECT ${fields.join(', ')}`,
      `FROM ${stream.name}`,
      ...(where === '' ? [] : [`WHERE ${where}`]),
      `GROUP BY ${fields.join(', ')}`,
      'LIMIT {limit:UInt32}',
    ].join('\n'),
    query_params: Object.assign({ limit }, ...conditions.map(({ params }) => params)),
  }
}

function fieldCondition({ field, parameter, values, match }: FieldFilter): Condition {
  const anyOf = { [parameter]: values }
  if (match === 'id') return { sql: `${field} IN {${parameter}:Array(UUID)}`, params: anyOf }
  if (match === 'contains') {
    return { sql: `multiSearchAnyCaseInsensitiveUTF8(${field}, {${parameter}:Array(String)})`, params: anyOf }
  }
  return values.length === 1
    ? { sql: `${field} = {${parameter}:String}`, params: { [parameter]: values[0] } }
    : { sql: `${field} IN {${parameter}:Array(String)}`, params: anyOf }
}

function combinationCondition(combinations: Combinations | undefined): Condition[] {
  if (combinations === undefined) return []
  const { fields, values } = combinations
  const type = `Array(Tuple(${fields.map(() => 'String').join(', ')}))`
  return [
    {
      sql: `(${fields.join(', ')}) IN {combinations:${type}}`,
      params: { combinations: values.map((together) => new TupleParam(together)) },
    },
  ]
}

/** A record is a principal's to read when one of the fields that name an organization names one of the principal's. */
function tenancy(stream: Stream, { organizations }: Principal): Condition[] {
  if (organizations === 'all') return []
  // Empty text stands for an absent field, which belongs to nobody; of no organizations, nothing may be read.
  const own = organizations.filter((organization) => organization !== '')
  if (own.length === 0) return [{ sql: 'false', params: {} }]
  const fields = stream.organizations
  const sql = `(${fields.map((field) => `${field} IN ${OWN}`).join(' OR ')})`
  // The condition decides; what is hinted at is never asked of a record, and tells the filters of all these fields together.
  const hint = fields.length === 1 ? '' : ` AND indexHint(hasAny([${fields.join(', ')}], ${OWN}))`
  return [{ sql: sql + hint, params: { organizations: own } }]
}

const OWN = '{organizations:Array(String)}'
