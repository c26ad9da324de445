import type { Stream } from '../streams/index.js'
import { exportFormats, MEDIA_TYPES } from './export_formats.js'
import { exportParameters, type Parameter } from './parameters.js'

type Part = Readonly<Record<string, unknown>>

/** What the descriptions of all readings share. */
interface Shared {
  readonly parameter: (parameter: Parameter) => Part
  readonly failures: Part
}

/** The OpenAPI path of a stream's export. */
export function exportPaths(stream: Stream, { parameter, failures }: Shared): Part {
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
        responses: { '200': answer(stream), ...failures },
      },
    },
  }
}

/** The answer, in each of the stream's formats. */
function answer(stream: Stream): Part {
  const types = new Set(exportFormats(stream).map((format) => MEDIA_TYPES[format].split(';')[0] as string))
  return {
    description: 'The records. An absent field is empty text.',
    headers: {
      'Gatelog-Export-Id': {
        description: 'What the records in `audits` have as `target_id`.',
        schema: { type: 'string', format: 'uuid' },
      },
    },
    content: Object.fromEntries([...types].map((type) => [type, { schema: { type: 'string' } }])),
  }
}
