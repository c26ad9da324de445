import { painted, paintOf } from './paint.js'
import { plain } from './plain.js'

/** A record, as the API returns it. */
export type ApiRecord = Readonly<Record<string, unknown>>

/** A column of the output: it shows the first of these fields that a record has. A dot leads into an object. */
type Column = readonly string[]

/** The columns after the time, by stream. A stream without columns prints every field by name. */
const LAYOUTS: Readonly<Record<string, readonly Column[]>> = {
  auth_audits: [
    ['stage'],
    ['event'],
    ['upstream_user_id', 'user_id'],
    ['source_ip'],
    ['application_name', 'client_id'],
    ['org_name', 'org_id'],
  ],
  audits: [
    ['action'],
    ['target_resource_type'],
    ['target_resource_name', 'target_id'],
    ['user_email', 'user_id'],
    ['source_ip'],
    ['api_name'],
    ['org_id'],
  ],
  events: [['action'], ['app'], ['user.username', 'user.email', 'user.pk'], ['client_ip'], ['org_id']],
}

/** A column grows with its widest value, up to this width. A longer value shifts the rest of its line. */
const WIDEST = 40

/** The columns of a stream's records on a terminal. */
export interface RecordColumns {
  /** Makes the columns wide enough for these records, so that their lines are aligned. */
  widen(records: readonly ApiRecord[]): void
  /** A record as a line. */
  readonly line: (record: ApiRecord) => string
}

/** Formats a stream's records for a terminal: a line each, in aligned columns. */
export function recordColumns(stream: string, colored: boolean): RecordColumns {
  const layout = LAYOUTS[stream]
  const widths: number[] = []
  const textsOf = (record: ApiRecord) =>
    layout === undefined ? [named(record)] : layout.map((cell) => textOf(record, cell))
  const widenFor = (texts: readonly string[]) => {
    for (const [index, text] of texts.entries()) {
      widths[index] = Math.min(WIDEST, Math.max(widths[index] ?? 0, text.length))
    }
  }
  return {
    widen(records) {
      for (const record of records) widenFor(textsOf(record))
    },
    line(record) {
      const texts = textsOf(record)
      widenFor(texts)
      const paint = paintOf(record.outcome)
      const cells = texts.map((text, index) => {
        const isLast = index === texts.length - 1
        return (
          painted(text, paint, colored) + (isLast ? '' : ' '.repeat(Math.max(0, (widths[index] ?? 0) - text.length)))
        )
      })
      return [painted(plain(record.time), 'dim', colored), ...cells].join('  ').trimEnd()
    },
  }
}

/** Formats records that come one by one: columns grow as they come. */
export function lineWriter(stream: string, colored: boolean): (record: ApiRecord) => string {
  return recordColumns(stream, colored).line
}

function textOf(record: ApiRecord, column: Column): string {
  const value = column.map((name) => valueAt(record, name.split('.'))).find((each) => each !== undefined)
  return value === undefined ? '-' : plain(value)
}

/** Empty text counts as absent: authentik has it for a user without an email address. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value === '' ? undefined : value
  return typeof value === 'object' && value !== null ? valueAt((value as ApiRecord)[key], rest) : undefined
}

function named({ time: _, ...fields }: ApiRecord): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(' ')
}
