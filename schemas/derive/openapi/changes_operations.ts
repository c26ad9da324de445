import type { Stream } from '../../streams/index.js'
import { changesParameters, tailParameters } from '../changes.js'
import type { Parameter } from '../parameters.js'

/** A part of an OpenAPI 3.1 document. */
type Part = Readonly<Record<string, unknown>>

/** What all operations on a stream share. */
export interface Shared {
  readonly parameter: (parameter: Parameter) => Part
  /** The ways to fail, by status. */
  readonly failures: Part
  readonly example: Part
}

/** The paths at which a stream is read in order of arrival. */
export function arrivalPaths(stream: Stream, shared: Shared): Part {
  return {
    [`/v1/${stream.name}/changes`]: { get: changesOperation(stream, shared) },
    [`/v1/${stream.name}/tail`]: { get: tailOperation(stream, shared) },
  }
}

function changesOperation(stream: Stream, { parameter, failures, example }: Shared): Part {
  return {
    operationId: `changes_${stream.name}`,
    summary: `The records of ${stream.name} in order of arrival`,
    description:
      `${stream.doc}\n\nFor programs that follow the stream: whoever gives the \`next\` of each answer as \`after\` of the following ` +
      'request sees every record that fits the filters, also one that came late, and each once. The order is the one in which records ' +
      'became visible; records of one Kafka partition, and so those of one trace, come in Kafka’s order.',
    tags: ['streams'],
    security: [{ token: [] }],
    parameters: changesParameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The records that follow, or none.',
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${stream.record}Changes` },
            example: { limit: 500, [stream.name]: [example], next: TOKEN, more: false },
          },
        },
      },
      ...failures,
    },
  }
}

function tailOperation(stream: Stream, { parameter, failures, example }: Shared): Part {
  return {
    operationId: `tail_${stream.name}`,
    summary: `The records of ${stream.name} as they arrive`,
    description:
      `${stream.doc}\n\nServer-Sent Events: an event without a name holds a record, and its \`id\` is a token for \`after\`. The event ` +
      '`position` holds only such a token, where records that do not fit the filters have passed. The event `end` says why the service ' +
      'ends the stream. Lines that begin with a colon come when there is nothing to say for a while. Whoever connects again gives the ' +
      'last `id` as `Last-Event-ID`, as browsers do by themselves, and misses nothing.',
    tags: ['streams'],
    security: [{ token: [] }],
    parameters: [
      ...tailParameters(stream).map(parameter),
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The last `id` of the stream that broke off; it goes before `after`.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': {
        description: 'Events, for as long as the caller reads them, the service runs and the token is valid.',
        content: {
          'text/event-stream': {
            schema: { type: 'string' },
            example: `id: ${TOKEN}\ndata: ${JSON.stringify(example)}\n\n`,
          },
        },
      },
      ...failures,
    },
  }
}

/** The schema of an answer of `changes`, by its name. */
export function arrivalSchemas(stream: Stream): Part {
  return {
    [`${stream.record}Changes`]: {
      type: 'object',
      description: `Records of ${stream.name} in order of arrival.`,
      required: ['limit', stream.name, 'next', 'more'],
      properties: {
        limit: { type: 'integer', description: 'How many records the answer may hold: the limit in force.' },
        [stream.name]: {
          type: 'array',
          description: 'The records.',
          items: { $ref: `#/components/schemas/${stream.record}` },
        },
        next: { type: 'string', description: 'What to give as `after` to read on; to be kept as it is.' },
        more: {
          type: 'boolean',
          description:
            'Whether to read on at once. It may be true where no record is in the answer: few fit the filters.',
        },
      },
    },
  }
}

const TOKEN = 'AQthdXRoX2F1ZGl0cwGoQmJZiU9M8KCKHXYrc0i4A4QBkQGIAY5U0pM'
