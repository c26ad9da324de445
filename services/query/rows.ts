import type { Stream } from '../../schemas/streams/index.js'
import { listColumns } from './sql.js'

/** A row of a list as ClickHouse answers it: text in the order of `listColumns`. */
export type Row = readonly string[]

/** A record as the API answers it. */
export type ApiRecord = Readonly<Record<string, string>>

/**
 * Turns a stream's rows into records: a field that is absent (empty text in ClickHouse) is left out, since a `null` breaks the published
 * clients; `time` is RFC 3339 in UTC with six digits after the point.
 */
export function recordsOf(stream: Stream): (rows: readonly Row[]) => readonly ApiRecord[] {
  const columns = listColumns(stream)
  const time = columns.indexOf('time')
  return (rows) =>
    rows.map((row) => {
      const record: Record<string, string> = {}
      for (const [index, name] of columns.entries()) {
        const value = row[index]
        if (value !== undefined && value !== '') record[name] = index === time ? rfc3339(value) : value
      }
      return record
    })
}

/** ClickHouse's `2026-01-31 14:00:00.123456` as RFC 3339. */
function rfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11)}Z`
}
