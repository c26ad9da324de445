import { outcomeOf } from '../../../schemas/derive/outcomes/outcome.js'
import {
  type Field,
  type JsonObject,
  type ListEntry,
  readJsonText,
  readListText,
  type Stream,
} from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { recordColumns } from './columns.js'

/** A row of a list as ClickHouse answers it: text in the order of `recordColumns`. */
export type Row = readonly string[]

type ApiValue = string | readonly ListEntry[] | JsonObject

/** A record as the API shows it. */
export interface ApiRecord {
  readonly event_id: string
  readonly time: string
  readonly [field: string]: ApiValue
}

/**
 * Converts a stream's rows to records. Absent fields (empty text in ClickHouse) are left out, because a `null` breaks
 * the published clients. `time` is RFC 3339 in UTC with six fractional digits. A list or an object whose text
 * can't be parsed is left out: ingest stores no such text. Where the stream has outcomes, each record has its own.
 */
export function recordsOf(stream: Stream): (rows: readonly Row[]) => readonly ApiRecord[] {
  const columns = recordColumns(stream)
  const fields = new Map(stream.fields.map((field) => [field.name, field]))
  const outcome = outcomeOf(stream)
  return (rows) =>
    rows.map((row) => {
      const record: Record<string, ApiRecord[string]> = {}
      for (const [index, name] of columns.entries()) {
        const value = row[index]
        if (value === undefined || value === '') continue
        const shown = shownValue(fields.get(name), value)
        if (shown !== undefined) record[name] = name === 'time' ? rfc3339(value) : shown
      }
      if (outcome !== undefined) record.outcome = outcome(record)
      return record as ApiRecord
    })
}

function shownValue(field: Pick<Field, 'list' | 'json'> | undefined, text: string): ApiValue | undefined {
  if (field?.json !== undefined) return readJsonText(text)
  return field?.list === undefined ? text : readListText(text, field.list)
}

/** ClickHouse's `2026-01-31 14:00:00.123456` as RFC 3339. */
function rfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11)}Z`
}

/** The time of a record, in microseconds since the epoch. */
export function microsOf({ time }: ApiRecord): bigint {
  return microsFrom(time)
}

/** The same for a row. */
export function timeOf([, time = '']: Row): bigint {
  return microsFrom(rfc3339(time))
}

function microsFrom(time: string): bigint {
  const micros = microsFromRfc3339(time)
  if (micros === undefined) throw new RangeError('A record has a time, which is RFC 3339.')
  return micros
}
