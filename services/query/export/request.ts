import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import { exportParameters } from '../../../schemas/derive/parameters.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { type Filters, filtersFrom } from '../parameters/filters.js'
import { GivenParameters, type RequestQuery } from '../parameters/given_parameters.js'
import type { Page } from '../parameters/page.js'
import { placeFrom } from '../parameters/paging.js'
import { formatFrom } from './format.js'

/** Which records to export, in which format, and after which record, to continue an earlier export. */
export interface ExportRequest {
  readonly format: ExportFormat
  readonly filters: Filters
  readonly page: Page
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every invalid parameter, or 406 `NOT_ACCEPTABLE` */
export function readExportRequest(
  stream: Stream,
  query: RequestQuery,
  { accept, now }: { readonly accept: string | undefined; readonly now: bigint },
): ExportRequest {
  const known = exportParameters(stream)
  const given = new GivenParameters(stream, known, query)
  const filters = filtersFrom(given, known, now)
  const after = placeFrom(given, now)
  const format = formatFrom(given, stream, accept)
  given.check()
  return { format, filters, page: { order: 'oldest first', ...(after === undefined ? {} : { after }) } }
}
