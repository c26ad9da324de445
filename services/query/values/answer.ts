import { rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import type { Row } from '../clickhouse/rows.js'
import type { ValuesRequest } from './request.js'

/** The body of the answer, from the rows of `valuesQuery`. */
export function valuesAnswer({ field, filters }: ValuesRequest, rows: readonly Row[]): object {
  return {
    field,
    dt_from: rfc3339FromMicros(filters.from),
    dt_to: rfc3339FromMicros(filters.until),
    values: rows.slice(0, filters.limit).map(([value]) => value),
    more: rows.length > filters.limit,
  }
}
