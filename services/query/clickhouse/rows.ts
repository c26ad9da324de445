import { outcomeOf } from '../../../schemas/derive/outcome.js'
import { type ListEntry, readListText, type Stream } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { listColumns } from './query.js'

/** A row of a list as ClickHouse answers it: text in the order of `listColumns`. */
export type Row = readonly string[]

/** A record as the API answers it. */
export interface ApiRecord {
  readonly event_id: string
  readonly time: string
  readonly [field: string]: string | readonly ListEntry[]
}

/**
 * Turns a stream's rows into records: a field that is absent (empty text in ClickHouse) is left out, since a `null` breaks the published
 * clients; `time` is RFC 3339 in UTC with six digits after the point. A list whose text is none is left out too: ingest stores no such
 * text, so somebody else has. Where the stream has outcomes, each record says its own.
 */
export function recordsOf(stream: Stream): (rows: readonly Row[]) => readonly ApiRecord[] {
  const columns = listColumns(stream)
  const lists = new Map(stream.fields.flatMap(({ name, list }) => (list === undefined ? [] : [[name, list] as const])))
  const outcome = outcomeOf(stream)
  return (rows) =>
    rows.map((row) => {
      const record: Record<string, ApiRecord[string]> = {}
      for (const [index, name] of columns.entries()) {
        const value = row[index]
        if (value === undefined || value === '') continue
        const list = lists.get(name)
        const shown = list === undefined ? value : readListText(value, list)
        if (shown !== undefined) record[name] = name === 'time' ? rfc3339(value) : shown
      }
      if (outcome !== undefined) record.outcome = outcome(record)
      return record as ApiRecord
    })
}

/** ClickHouse's `2026-01-31 14:00:00.123456` as RFC 3339. */
function rfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11)}Z`
}

/** When a record was generated, in microseconds since the epoch. */
export function microsOf({ time }: ApiRecord): bigint {
  return microsFrom(time)
}

/** The same of a record that is still a row. */
export function timeOf([, time = '']: Row): bigint {
  return microsFrom(rfc3339(time))
}

function microsFrom(time: string): bigint {
  const micros = microsFromRfc3339(time)
  if (micros === undefined) throw new RangeError('A record has a time, which is RFC 3339.')
  return micros
}
