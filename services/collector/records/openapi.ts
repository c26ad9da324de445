import type { OpenAPIV3_1 } from 'openapi-types'
import { type Field, MAX_FIELD_BYTES, type Stream } from '../../../schemas/streams/index.js'
import { MEDIA_TYPES } from './formats.js'
import { MAX_RECORDS } from './read_record.js'
import { MAX_BODY_BYTES } from './unpacked_budget.js'

/** The paths that take records, one a stream. */
export function recordsPaths(streams: readonly Stream[]): Record<string, { post: OpenAPIV3_1.OperationObject }> {
  return Object.fromEntries(streams.map((stream) => [`/v1/${stream.name}`, { post: operation(stream) }]))
}

function operation(stream: Stream): OpenAPIV3_1.OperationObject {
  return {
    operationId: `write_${stream.name}`,
    summary: `Write records of ${stream.name}`,
    description:
      `${stream.doc}\n\nAn answer comes when Kafka has acknowledged the accepted records. A record that is sent again with the same ` +
      '`event_id`, `time` and organizations is stored once. A record must name an organization of the caller, and no other.',
    security: [{ writer: [] }],
    parameters: [
      {
        name: 'Content-Encoding',
        in: 'header',
        description: `How the body is packed. Unpacked it has at most ${MAX_BODY_BYTES} bytes.`,
        schema: { enum: ['identity', 'gzip', 'zstd'] },
      },
    ],
    requestBody: { required: true, content: contentOf(stream) },
    responses: {
      200: results('Every record is stored.'),
      207: results('Some records are stored. `results` says which, in the order of the body.'),
      400: problem('The body is not what its headers say. Nothing of it is stored.'),
      401: problem('The token or API key is missing or wrong.'),
      403: problem('The token lacks the scope or an organization, or the API key may not write this stream.'),
      408: problem('The request did not arrive in time. Send it again.'),
      413: problem('The body is too large, packed or unpacked, or has too many records.'),
      415: problem('`Content-Type` or `Content-Encoding` is unknown.'),
      422: {
        description: 'No record is stored; `results` has the faults of each.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/RecordsRefused' } } },
      },
      429: retriable('The caller sends too often, or too much at once.'),
      503: retriable('Kafka has not acknowledged in time, or the service is busy. Send the same request again.'),
    },
  }
}

function contentOf({ name, record }: Stream): OpenAPIV3_1.RequestBodyObject['content'] {
  const schema = { $ref: `#/components/schemas/${record}` }
  const schemas: Record<(typeof MEDIA_TYPES)[keyof typeof MEDIA_TYPES], OpenAPIV3_1.MediaTypeObject> = {
    json: { schema: { oneOf: [schema, { type: 'array', items: schema, maxItems: MAX_RECORDS }] } },
    lines: { schema: { type: 'string', description: 'A record as JSON on each line.' } },
    avro: {
      schema: {
        type: 'string',
        format: 'binary',
        description: `An Avro object container file, or one record in Avro’s single-object encoding with a schema of schemas/avro/${name}.`,
      },
    },
  }
  return Object.fromEntries(Object.entries(MEDIA_TYPES).map(([mediaType, format]) => [mediaType, schemas[format]]))
}

/** The schemas that these paths refer to. */
export function recordsSchemas(streams: readonly Stream[]): Record<string, OpenAPIV3_1.SchemaObject> {
  if (streams.length === 0) return {}
  return {
    ...Object.fromEntries(streams.map((stream) => [stream.record, recordSchema(stream)])),
    Results: resultsSchema,
    RecordsRefused: {
      allOf: [{ $ref: '#/components/schemas/Problem' }, { $ref: '#/components/schemas/Results' }],
    },
  }
}

function recordSchema({ doc, fields }: Stream): OpenAPIV3_1.SchemaObject {
  return {
    type: 'object',
    description: doc,
    additionalProperties: false,
    properties: {
      event_id: { type: 'string', format: 'uuid', description: 'The id of the record; a new UUIDv7 if absent.' },
      time: { type: 'string', format: 'date-time', description: 'When it happened; now if absent.' },
      ...Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    },
  } as OpenAPIV3_1.SchemaObject
}

function fieldSchema({ doc: description, list, json }: Field): object {
  if (json !== undefined) {
    const bounds = `As JSON at most ${json.maxBytes} bytes, ${json.maxDepth} levels, ${json.maxValues} members and entries.`
    return { type: ['object', 'null'], additionalProperties: true, description: `${description} ${bounds}` }
  }
  return list === undefined
    ? { type: ['string', 'null'], maxLength: MAX_FIELD_BYTES, description }
    : { type: ['array', 'null'], items: entrySchema(list), description }
}

function entrySchema(parts: readonly { readonly name: string; readonly doc: string }[]): OpenAPIV3_1.SchemaObject {
  const properties = Object.fromEntries(
    parts.map(({ name, doc }) => [name, { type: 'string' as const, description: doc }]),
  )
  return { type: 'object', additionalProperties: false, properties }
}

const fault: OpenAPIV3_1.SchemaObject = {
  type: 'object',
  required: ['field', 'message'],
  properties: {
    field: { type: 'string', description: 'The field, or empty for the record as a whole.' },
    message: { type: 'string', description: 'What is wrong with it.' },
  },
}

const resultsSchema: OpenAPIV3_1.SchemaObject = {
  type: 'object',
  required: ['accepted', 'refused', 'results'],
  properties: {
    accepted: { type: 'integer', description: 'How many records are stored.' },
    refused: { type: 'integer', description: 'How many are not.' },
    results: {
      type: 'array',
      description: 'What became of each record, in the order of the body.',
      items: {
        oneOf: [
          {
            type: 'object',
            required: ['status', 'event_id'],
            properties: { status: { const: 'accepted' }, event_id: { type: 'string', format: 'uuid' } },
          },
          {
            type: 'object',
            required: ['status', 'faults'],
            properties: { status: { const: 'refused' }, faults: { type: 'array', items: fault } },
          },
        ],
      },
    },
  },
}

/** How callers of these paths prove who they are. */
export const writerSecurity: Record<string, OpenAPIV3_1.SecuritySchemeObject> = {
  writer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key of the configuration, or a JWT of the configured issuer with the scope `audits:write` and the organizations that it may write for.',
  },
}

function results(description: string): OpenAPIV3_1.ResponseObject {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Results' } } } }
}

function problem(description: string): OpenAPIV3_1.ResponseObject {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

function retriable(description: string): OpenAPIV3_1.ResponseObject {
  return {
    ...problem(description),
    headers: { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' } } },
  }
}
