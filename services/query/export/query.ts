import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import type { Field, Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { outcomeExpression } from '../clickhouse/conditions/outcome_condition.js'
import { tenancySettings } from '../clickhouse/conditions/tenancy.js'
import type { Query } from '../clickhouse/database.js'
import { FINAL_SETTINGS } from '../clickhouse/final_settings.js'
import { pageRecords } from '../clickhouse/page_records.js'
import { SORT_BUCKET } from '../clickhouse/sort_key.js'
import { hasJson, jsonLine } from './json_line.js'
import { ocsfLine } from './ocsf.js'
import type { ExportRequest } from './request.js'

/**
 * All records that match the request and that the principal may read, oldest first. ClickHouse writes the format.
 *
 * The order is by time, equal times by `event_id`. The minute before them does not change the order. It is the first
 * column of the sorting key, so ClickHouse reads in order and sorts one minute at a time, instead of everything.
 */
export function exportQuery(stream: Stream, { format, filters, page }: ExportRequest, principal: Principal): Query {
  const columns = COLUMNS[format](stream)
  const records = pageRecords(stream, filters, principal, page)
  return {
    query: [
      `SELECT ${columns.map(({ sql }) => sql).join(', ')}`,
      records.sql,
      `ORDER BY ${SORT_BUCKET}, time, event_id`,
      `SETTINGS ${[SETTINGS, ...tenancySettings(stream, principal)].join(', ')}`,
      `FORMAT ${format === 'ndjson' && hasJson(stream) ? LINES : FORMATS[format]}`,
    ].join('\n'),
    query_params: Object.assign({}, ...columns.map(({ params }) => params), records.params),
  }
}

/** The format of one column, which holds the line. */
const LINES = 'TSVRaw'

/** The names that ClickHouse gives the formats. */
const FORMATS: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'JSONEachRow',
  csv: 'CSVWithNames',
  parquet: 'Parquet',
  ocsf: LINES,
}

const SETTINGS = [
  FINAL_SETTINGS,
  // Selected expressions have the names of columns, and the conditions are about the columns.
  'prefer_column_name_to_alias = 1',
  // RFC 3339.
  "date_time_output_format = 'iso'",
  'output_format_json_escape_forward_slashes = 0',
  // ClickHouse holds a row group until it is complete.
  'output_format_parquet_row_group_size = 100000',
].join(', ')

interface Column {
  readonly sql: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** The record as in a list, except that an absent field is empty. */
const COLUMNS: Readonly<Record<ExportFormat, (stream: Stream) => readonly Column[]>> = {
  ndjson: (stream) => (hasJson(stream) ? [{ sql: jsonLine(stream) }] : [{ sql: 'event_id' }, ...values(stream)]),
  csv: (stream) => [
    { sql: 'event_id' },
    { sql: 'time' },
    ...stream.fields.map(({ name }) => ({ sql: `${withoutFormula(name)} AS ${name}` })),
    ...outcome(stream),
  ],
  parquet: (stream) => [{ sql: 'toString(event_id) AS event_id' }, ...values(stream)],
  ocsf: (stream) => [ocsfLine(stream)],
}

/** All but the id, with lists as lists. */
function values(stream: Stream): readonly Column[] {
  return [
    { sql: 'time' },
    ...stream.fields.map((field) => ({ sql: field.list === undefined ? field.name : asList(field) })),
    ...outcome(stream),
  ]
}

function asList({ name }: Field): string {
  return `JSONExtract(${name}, 'Array(Map(String, String))') AS ${name}`
}

/** An apostrophe before text that a spreadsheet would run as a formula (OWASP, "CSV Injection"). */
function withoutFormula(name: string): string {
  return `if(match(${name}, '^[=+@\\t\\r\\n＝＋－＠-]'), concat('\\'', ${name}), ${name})`
}

function outcome(stream: Stream): Column[] {
  if (stream.outcomes === undefined) return []
  const { sql, params } = outcomeExpression(stream)
  return [{ sql: `${sql} AS outcome`, params }]
}
