import type { Stream } from '../streams/index.js'

/** The format of an export. */
export type ExportFormat = 'ndjson' | 'csv' | 'parquet' | 'ocsf'

/**
 * The media types in `Content-Type` and `Accept`. `ocsf` is JSON lines too, so `Accept` can't select it; `format` can.
 */
export const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
  ocsf: 'application/x-ndjson',
}

/** The formats of a stream; OCSF if it declares a mapping. */
export function exportFormats({ ocsf }: Stream): readonly ExportFormat[] {
  return ocsf === undefined ? ['ndjson', 'csv', 'parquet'] : ['ndjson', 'csv', 'parquet', 'ocsf']
}
