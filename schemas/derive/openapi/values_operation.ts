import type { OpenAPIV3_1 } from 'openapi-types'
import type { Stream } from '../../streams/index.js'
import { fieldsWithFewValues, MOST_VALUES, valuesParameters } from '../values.js'
import { authenticated, dateTime, type OperationParts, type Paths } from './operation_parts.js'

/** The path that lists the values of a stream's fields. */
export function valuesPaths(stream: Stream, parts: OperationParts): Paths {
  return { [`/v1/${stream.name}/values`]: { get: valuesOperation(stream, parts) } }
}

function valuesOperation(stream: Stream, { parameter, errors, example }: OperationParts): OpenAPIV3_1.OperationObject {
  const [field = ''] = fieldsWithFewValues(stream)
  return {
    operationId: `values_of_${stream.name}`,
    summary: `List the values of a field of ${stream.name}`,
    description:
      'The distinct values that a field has in the records that match the filters, in order: what a form offers to choose from. Only fields ' +
      'that have few values.',
    ...authenticated,
    parameters: valuesParameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The values, in order.',
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${stream.record}Values` },
            example: {
              field,
              dt_from: '2026-01-24T14:00:00.000000Z',
              dt_to: '2026-01-31T14:00:00.000000Z',
              values: [example[field] ?? '…'],
              more: false,
            },
          },
        },
      },
      ...errors,
    },
  }
}

/** The schema of the response, by its name. */
export function valuesSchemas(stream: Stream): Record<string, OpenAPIV3_1.SchemaObject> {
  return {
    [`${stream.record}Values`]: {
      type: 'object',
      description: `Values of a field of ${stream.name}.`,
      required: ['field', 'dt_from', 'dt_to', 'values', 'more'],
      properties: {
        field: { enum: [...fieldsWithFewValues(stream)], description: 'The field.' },
        dt_from: { ...dateTime, description: 'The start of the time range (inclusive).' },
        dt_to: { ...dateTime, description: 'The end of the time range (exclusive).' },
        values: {
          type: 'array',
          description: 'The values, in order.',
          maxItems: MOST_VALUES,
          items: { type: 'string' },
        },
        more: { type: 'boolean', description: 'Whether there are more values than the response has.' },
      },
    },
  }
}
