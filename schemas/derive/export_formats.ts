import type { Stream } from '../streams/index.js'

/** A form that a stream's records can be exported in. */
export type ExportFormat = 'ndjson' | 'csv' | 'parquet' | 'ocsf'

/** What callers are told a format is, and ask for it by. `ocsf` is JSON lines too, so it is asked for by its name alone. */
export const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
  ocsf: 'application/x-ndjson',
}

/** The formats of a stream: in OCSF, only what it says how to tell there. */
export function exportFormats({ ocsf }: Stream): readonly ExportFormat[] {
  return ocsf === undefined ? ['ndjson', 'csv', 'parquet'] : ['ndjson', 'csv', 'parquet', 'ocsf']
}
