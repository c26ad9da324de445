import type { OpenAPIV3_1 } from 'openapi-types'
import type { Stream } from '../../streams/index.js'
import { type ExportFormat, exportFormats, MEDIA_TYPES } from '../export_formats.js'
import { exportParameters } from '../parameters.js'
import { authenticated, type OperationParts, type Paths, type RecordExample } from './operation_parts.js'

/** The path of a stream's export. */
export function exportPaths(stream: Stream, { parameter, errors, example }: OperationParts): Paths {
  return {
    [`/v1/${stream.name}/export`]: {
      get: {
        operationId: `export_${stream.name}`,
        summary: `Export all matching records of ${stream.name}`,
        description:
          'Oldest first; equal times by `event_id`. The filters are those of the list. Requires the scope `audits:export`. Each export, its ' +
          'caller and its outcome are recorded in `audits`.\n\nThe response is streamed. If the export fails, it ends without its last chunk, ' +
          'which clients report as an error: what you have then is not complete. To resume an export as JSON lines or CSV after its last ' +
          'complete record, use `page_at_key`.\n\nA page can’t show so much: run `npx gatelog export`, or `curl` with this address and a token.',
        ...authenticated,
        parameters: exportParameters(stream).map(parameter),
        responses: { '200': exportResponse(stream, example), ...errors },
      },
    },
  }
}

/** The response in each of the stream's formats. */
function exportResponse(stream: Stream, example: RecordExample): OpenAPIV3_1.ResponseObject {
  // Two formats may share a media type: the first one describes both.
  const formats = new Map(
    exportFormats(stream)
      .toReversed()
      .map((format) => [MEDIA_TYPES[format].split(';')[0] as string, format]),
  )
  return {
    description: 'The records. An absent field is empty text.',
    headers: {
      'Gatelog-Export-Id': {
        description: 'The id of the export: the `target_id` of its records in `audits`.',
        schema: { type: 'string', format: 'uuid' },
      },
    },
    content: Object.fromEntries(
      [...formats].map(([type, format]) => [
        type,
        { schema: { type: 'string' as const }, example: beginning(format, example) },
      ]),
    ),
  }
}

/** How an export in a format begins. */
function beginning(format: ExportFormat, example: RecordExample): string {
  switch (format) {
    case 'csv':
      return `${[Object.keys(example), Object.values(example)].map((line) => line.map((text) => `"${text}"`).join(',')).join('\n')}\n`
    case 'parquet':
      return 'PAR1…'
    default:
      return `${JSON.stringify(example)}\n`
  }
}
