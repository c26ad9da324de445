import type { OpenAPIV3_1 } from 'openapi-types'
import type { Stream } from '../../streams/index.js'
import { changesParameters, tailParameters } from '../changes.js'
import { authenticated, type OperationParts, type Paths } from './operation_parts.js'

/** The paths that return a stream's records in order of arrival. */
export function changesPaths(stream: Stream, parts: OperationParts): Paths {
  return {
    [`/v1/${stream.name}/changes`]: { get: changesOperation(stream, parts) },
    [`/v1/${stream.name}/tail`]: { get: tailOperation(stream, parts) },
  }
}

function changesOperation(stream: Stream, { parameter, errors, example }: OperationParts): OpenAPIV3_1.OperationObject {
  return {
    operationId: `changes_${stream.name}`,
    summary: `Get the records of ${stream.name} in order of arrival`,
    description:
      `${stream.doc}\n\nFor programs that follow the stream. Send the \`next\` of each response as \`after\` of the following request: you ` +
      'get every record that matches the filters once, also late ones. The order is the order in which records became visible. Records of ' +
      'one Kafka partition, and so those of one trace, come in Kafka’s order.',
    ...authenticated,
    parameters: changesParameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The next records, or none.',
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${stream.record}Changes` },
            example: { limit: 500, [stream.name]: [example], next: TOKEN, more: false },
          },
        },
      },
      ...errors,
    },
  }
}

function tailOperation(stream: Stream, { parameter, errors, example }: OperationParts): OpenAPIV3_1.OperationObject {
  return {
    operationId: `tail_${stream.name}`,
    summary: `Stream the records of ${stream.name} as they arrive`,
    description:
      `${stream.doc}\n\nServer-Sent Events. An event without a name holds a record, and its \`id\` is a token for \`after\`. The event ` +
      '`position` holds only a token; it comes when records passed that do not match the filters. The event `end` says why the service ends ' +
      'the stream. Lines that begin with a colon keep an idle connection open. To resume, send the last `id` as `Last-Event-ID`, as browsers ' +
      'do by themselves: you miss nothing.\n\nA page can’t show a response that does not end: run `npx gatelog tail`, or `curl -N` with this ' +
      'address and a token.',
    ...authenticated,
    parameters: [
      ...tailParameters(stream).map(parameter),
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The last `id` of the previous stream. It wins over `after`.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': {
        description: 'Events, until the caller disconnects, the token expires or the service stops.',
        content: {
          'text/event-stream': {
            schema: { type: 'string' },
            example: `id: ${TOKEN}\ndata: ${JSON.stringify(example)}\n\n`,
          },
        },
      },
      ...errors,
    },
  }
}

/** The schema of a response of `changes`, by its name. */
export function changesSchemas(stream: Stream): Record<string, OpenAPIV3_1.SchemaObject> {
  return {
    [`${stream.record}Changes`]: {
      type: 'object',
      description: `Records of ${stream.name} in order of arrival.`,
      required: ['limit', stream.name, 'next', 'more'],
      properties: {
        limit: { type: 'integer', description: 'The maximum number of records in the response.' },
        [stream.name]: {
          type: 'array',
          description: 'The records.',
          items: { $ref: `#/components/schemas/${stream.record}` },
        },
        next: { type: 'string', description: 'An opaque token: send it as `after` to get the next records.' },
        more: {
          type: 'boolean',
          description:
            'Whether more records may follow at once. It may be true in a response without records, if few match the filters.',
        },
      },
    },
  }
}

const TOKEN = 'AiN8Qs0kVw3hT1ZK9pXJb4yqDkY6eRrUuCmGx0aLfE5oWtIvBnS7dHcPz2jMg8Qy'
