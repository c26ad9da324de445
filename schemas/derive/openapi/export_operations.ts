import type { Stream } from '../../streams/index.js'
import { type ExportFormat, exportFormats, MEDIA_TYPES } from '../export_formats.js'
import { exportParameters, type Parameter } from '../parameters.js'

type Part = Readonly<Record<string, unknown>>

/** What the descriptions of all readings share. */
interface Shared {
  readonly parameter: (parameter: Parameter) => Part
  readonly failures: Part
  /** A record of the stream. */
  readonly example: Part
}

/** The OpenAPI path of a stream's export. */
export function exportPaths(stream: Stream, { parameter, failures, example }: Shared): Part {
  return {
    [`/v1/${stream.name}/export`]: {
      get: {
        operationId: `export_${stream.name}`,
        summary: `All records of ${stream.name} that fit, in one answer`,
        description:
          'Oldest first; equal times by `event_id`. The conditions are those of the list. Needs the scope `audits:export`; that it was ' +
          'asked, by whom and with what outcome is recorded in `audits`.\n\nThe answer is streamed. One that cannot be finished ends ' +
          'without its last chunk, which clients report as an error: what they have then is not whole. An export in lines or CSV can be ' +
          'gone on with after its last whole record, by `page_at_key`.',
        tags: ['streams'],
        security: [{ token: [] }],
        parameters: exportParameters(stream).map(parameter),
        responses: { '200': answer(stream, example), ...failures },
      },
    },
  }
}

/** The answer, in each of the stream's formats. */
function answer(stream: Stream, example: Part): Part {
  // Two formats may share a media type: the first stands for both.
  const formats = new Map(
    exportFormats(stream)
      .toReversed()
      .map((format) => [MEDIA_TYPES[format].split(';')[0] as string, format]),
  )
  return {
    description: 'The records. An absent field is empty text.',
    headers: {
      'Gatelog-Export-Id': {
        description: 'What the records in `audits` have as `target_id`.',
        schema: { type: 'string', format: 'uuid' },
      },
    },
    content: Object.fromEntries(
      [...formats].map(([type, format]) => [type, { schema: { type: 'string' }, example: shownAs(format, example) }]),
    ),
  }
}

/** How an answer begins. */
function shownAs(format: ExportFormat, example: Part): string {
  switch (format) {
    case 'csv':
      return `${[Object.keys(example), Object.values(example)].map((line) => line.map((text) => `"${text}"`).join(',')).join('\n')}\n`
    case 'parquet':
      return 'PAR1…'
    default:
      return `${JSON.stringify(example)}\n`
  }
}
