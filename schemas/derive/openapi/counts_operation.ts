import type { OpenAPIV3_1 } from 'openapi-types'
import { OUTCOMES, type Stream } from '../../streams/index.js'
import { countsParameters, dimensions, MAX_GROUPS } from '../counts.js'
import { authenticated, dateTime, type OperationParts, type Paths } from './operation_parts.js'

/** The path that counts a stream's records. */
export function countsPaths(stream: Stream, parts: OperationParts): Paths {
  return { [`/v1/${stream.name}/counts`]: { get: countsOperation(stream, parts) } }
}

function countsOperation(stream: Stream, { parameter, errors }: OperationParts): OpenAPIV3_1.OperationObject {
  const [field = ''] = dimensions(stream).slice(-1)
  return {
    operationId: `count_${stream.name}`,
    summary: `Count the records of ${stream.name}`,
    description:
      'Counts the records that match the filters, for each combination of values of the fields in `by` and for each `interval`. Groups ' +
      'without records are omitted. A record that its producer sent twice counts once. The response holds all groups or none: for more ' +
      `than ${MAX_GROUPS} it is 400 (\`TOO_MANY_GROUPS\`) and says how to ask for fewer.`,
    ...authenticated,
    parameters: countsParameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The counts, in order of time, then the largest first.',
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${stream.record}Counts` },
            example: {
              by: [field],
              interval: '1h',
              timezone: 'UTC',
              dt_from: '2026-01-31T12:00:00.000000Z',
              dt_to: '2026-01-31T14:00:00.000000Z',
              counts: [{ time: '2026-01-31T13:00:00.000000Z', [field]: exampleOf(stream, field), count: 42 }],
            },
          },
        },
      },
      ...errors,
    },
  }
}

function exampleOf(stream: Stream, name: string): string {
  return name === 'outcome' ? OUTCOMES[0] : (stream.fields.find((field) => field.name === name)?.filter?.example ?? '…')
}

/** The schema of the response, by its name. */
export function countsSchemas(stream: Stream): Record<string, OpenAPIV3_1.SchemaObject> {
  const groups = Object.fromEntries(dimensions(stream).map((name) => [name, dimension(stream, name)]))
  return { [`${stream.record}Counts`]: countsSchema(`records of ${stream.name}`, groups) }
}

/** The schema of counts of something, by groups of these names. */
export function countsSchema(
  counted: string,
  groups: Readonly<Record<string, OpenAPIV3_1.SchemaObject>>,
): OpenAPIV3_1.SchemaObject {
  return {
    type: 'object',
    description: `Counts of ${counted}.`,
    required: ['by', 'dt_from', 'dt_to', 'counts'],
    properties: {
      by: { type: 'array', description: 'The fields of the groups.', items: { enum: Object.keys(groups) } },
      interval: { type: 'string', description: 'The interval of the groups, if there is one.' },
      timezone: { type: 'string', description: 'The time zone of the intervals, if there are any.' },
      limit: { type: 'integer', description: 'How many groups were asked for, if not all.' },
      dt_from: { ...dateTime, description: 'The start of the time range (inclusive).' },
      dt_to: { ...dateTime, description: 'The end of the time range (exclusive).' },
      counts: {
        type: 'array',
        description: 'The counts, in order of time, then the largest first.',
        maxItems: MAX_GROUPS,
        items: {
          type: 'object',
          description: 'One group. A field that is absent in all of it is omitted.',
          required: ['count'],
          properties: {
            time: { ...dateTime, description: 'The start of the interval, if there is one.' },
            count: { type: 'integer', minimum: 0, description: 'How many there are.' },
            ...groups,
          },
          additionalProperties: false,
        },
      },
    },
  }
}

function dimension(stream: Stream, name: string): OpenAPIV3_1.SchemaObject {
  if (name === 'outcome') return { enum: [...OUTCOMES], description: 'The outcome of the records.' }
  return { type: 'string', description: stream.fields.find((field) => field.name === name)?.doc ?? '' }
}
