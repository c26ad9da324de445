import { OUTCOMES, type Stream } from '../../streams/index.js'
import { countsParameters, dimensions, MAX_GROUPS } from '../counts.js'
import type { Parameter } from '../parameters.js'

/** A part of an OpenAPI 3.1 document. */
type Part = Readonly<Record<string, unknown>>

/** The path at which a stream's records are counted. */
export function countsPaths(stream: Stream, { parameter, failures }: CountsParts): Part {
  return { [`/v1/${stream.name}/counts`]: { get: countsOperation(stream, { parameter, failures }) } }
}

interface CountsParts {
  readonly parameter: (parameter: Parameter) => Part
  /** The ways to fail, by status. */
  readonly failures: Part
}

function countsOperation(stream: Stream, { parameter, failures }: CountsParts): Part {
  const [field = ''] = dimensions(stream).slice(-1)
  return {
    operationId: `count_${stream.name}`,
    summary: `How many records of ${stream.name} there are`,
    description:
      'How many of the records that fit the filters there are, for each mixture of the fields’ values in `by` and for each `interval` of ' +
      'time; what has none is left out. A record that its producer sent twice counts once. An answer holds all counts or none: where ' +
      `there are more than ${MAX_GROUPS}, it is 400 (\`TOO_MANY_GROUPS\`) and says how to ask for fewer.`,
    tags: ['streams'],
    security: [{ token: [] }],
    parameters: countsParameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The counts: in order of time, then the largest first.',
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${stream.record}Counts` },
            example: {
              by: [field],
              interval: '1h',
              dt_from: '2026-01-31T12:00:00.000000Z',
              dt_to: '2026-01-31T14:00:00.000000Z',
              counts: [{ time: '2026-01-31T13:00:00.000000Z', [field]: exampleOf(stream, field), count: 42 }],
            },
          },
        },
      },
      ...failures,
    },
  }
}

function exampleOf(stream: Stream, name: string): string {
  return name === 'outcome' ? OUTCOMES[0] : (stream.fields.find((field) => field.name === name)?.filter?.example ?? '…')
}

/** The schema of an answer, by its name. */
export function countsSchemas(stream: Stream): Part {
  const time = { type: 'string', format: 'date-time' }
  return {
    [`${stream.record}Counts`]: {
      type: 'object',
      description: `Counts of records of ${stream.name}.`,
      required: ['by', 'dt_from', 'dt_to', 'counts'],
      properties: {
        by: { type: 'array', description: 'The fields that are counted by.', items: { enum: dimensions(stream) } },
        interval: { type: 'string', description: 'The length of time that is counted by, where there is one.' },
        dt_from: { ...time, description: 'Records of this time and later are counted.' },
        dt_to: { ...time, description: 'Records before this time are counted.' },
        counts: {
          type: 'array',
          description: 'The counts: in order of time, then the largest first.',
          maxItems: MAX_GROUPS,
          items: {
            type: 'object',
            description: 'A value that is absent in the records is left out.',
            required: ['count'],
            properties: {
              time: { ...time, description: 'When the interval begins, where there is one.' },
              count: { type: 'integer', minimum: 0, description: 'How many records there are.' },
              ...Object.fromEntries(dimensions(stream).map((name) => [name, dimension(stream, name)])),
            },
            additionalProperties: false,
          },
        },
      },
    },
  }
}

function dimension(stream: Stream, name: string): Part {
  if (name === 'outcome') return { enum: [...OUTCOMES], description: 'The outcome of the records.' }
  return { type: 'string', description: stream.fields.find((field) => field.name === name)?.doc ?? '' }
}
