import type { OpenAPIV3_1 } from 'openapi-types'
import { type Field, OUTCOMES, type Stream } from '../../streams/index.js'
import { INTERVALS, MAX_DIMENSIONS } from '../counts.js'
import {
  DEFAULT_LIMIT,
  MAX_LIMIT,
  MAX_TEXT_LENGTH,
  MAX_TEXTS,
  MAX_VALUES,
  ORDER_FIELDS,
  type Parameter,
  parameters,
} from '../parameters.js'
import { changesPaths, changesSchemas } from './changes_operations.js'
import { compatApi } from './compat/index.js'
import { countsPaths, countsSchemas } from './counts_operation.js'
import { ERRORS, problem, response, responses } from './error_responses.js'
import { exportPaths } from './export_operations.js'
import { authenticated, dateTime, type OperationParts, type Paths, type RecordExample } from './operation_parts.js'
import { apiPagePath, operationPaths } from './operations.js'
import { signInListPaths, signInListSchemas } from './sign_in_list_operations.js'
import { signInPaths, signInSchemas } from './sign_in_operation.js'
import { valuesPaths, valuesSchemas } from './values_operation.js'

type ApiDocument = Omit<OpenAPIV3_1.Document, 'paths'> & { paths: Paths }

/** The OpenAPI 3.1 document of the query service, derived from the streams' declarations. */
export function queryApi(streams: readonly Stream[]): ApiDocument {
  const compat = compatApi(streams)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatelog',
      version: '1.0.0',
      description:
        'The audit trail of sign-ins and of what people do afterwards. A record of `auth_audits` is one stage of a sign-in: who signs in, ' +
        'what they sign in to, and whether the stage succeeded. A record of `audits` is one action: who did what to which resource. A token ' +
        'of an organization may read the records that name the organization: as that of the issuer or the application, or as that of the ' +
        'person or the resource.\n\nTo try a request here, press *Authorize* and paste a token. `npx gatelog token` prints one for a ' +
        'stack of `npm start`; elsewhere, the identity provider that the service trusts issues them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'streams', description: 'Read the audit trail.' },
      { name: 'compatible', description: 'The read APIs of other products, for programs that were written for them.' },
      { name: 'operations', description: 'For operators of the service.' },
    ],
    paths: {
      ...merged(streams.map(paths)),
      ...signInListPaths(streams, parameter),
      ...signInPaths(streams, example),
      ...compat.paths,
      ...operationPaths,
      ...apiPagePath,
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A JWT of the configured issuer with the scope `audits:read` (for exports `audits:export`) and the organizations whose records ' +
            'it may read. `npx gatelog token` prints one for a stack of `npm start`. Paste it without `Bearer`.',
        },
        ...compat.securitySchemes,
      },
      schemas: {
        ...merged(
          [schemas, countsSchemas, valuesSchemas, changesSchemas].flatMap((schemasOf) => streams.map(schemasOf)),
        ),
        ...signInListSchemas(streams),
        ...signInSchemas(streams),
        ...compat.schemas,
        PageInfo: pageInfo,
        Problem: problem,
      },
      responses,
    },
  }
}

function merged<T>(parts: readonly Record<string, T>[]): Record<string, T> {
  return Object.assign({}, ...parts)
}

function paths(stream: Stream): Paths {
  const parts: OperationParts = { parameter, errors: ERRORS, example: example(stream) }
  return {
    [`/v1/${stream.name}`]: { get: listOperation(stream) },
    ...countsPaths(stream, parts),
    ...valuesPaths(stream, parts),
    ...changesPaths(stream, parts),
    ...exportPaths(stream, { ...parts, errors: { ...ERRORS, '406': response('NotAcceptable') } }),
  }
}

function listOperation(stream: Stream): OpenAPIV3_1.OperationObject {
  const list = { $ref: `#/components/schemas/${stream.record}List` }
  return {
    operationId: `list_${stream.name}`,
    summary: `List the records of ${stream.name}`,
    description:
      `${stream.doc}\n\nNewest first. A record must match every parameter. An empty value, or the text \`None\`, is ignored. A filter that ` +
      'is repeated matches any of its values.\n\nIf you got `limit` records there may be more; fetch them in one of three ways: ' +
      '`next_cursor` (skips and repeats no record, even among equal times), `page_info` (the same, for existing clients) or `page_at_id` (a ' +
      'time, for `dt_to`). Fewer records mean that you are done.',
    ...authenticated,
    parameters: parameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The records, newest first. The array is present even if it is empty.',
        content: { 'application/json': { schema: list, example: { limit: 1, [stream.name]: [example(stream)] } } },
      },
      ...ERRORS,
    },
  }
}

type ParameterSchema = NonNullable<OpenAPIV3_1.ParameterObject['schema']>

function schemaOf(parameter: Parameter): ParameterSchema {
  if (parameter.kind === 'by') return repeated({ enum: [...parameter.names] }, MAX_DIMENSIONS)
  if (parameter.kind === 'listed') return { enum: [...parameter.names] }
  if (parameter.kind === 'most') {
    return { type: 'integer', minimum: 1, maximum: parameter.most, default: parameter.byDefault }
  }
  if (parameter.kind === 'format') return { enum: [...parameter.formats] }
  if (parameter.kind === 'field' && parameter.match === 'contains') {
    return repeated({ type: 'string', maxLength: MAX_TEXT_LENGTH }, MAX_TEXTS)
  }
  return PARAMETER_SCHEMAS[parameter.kind]
}

/**
 * A parameter that may be absent has its example in its schema. A form fills in an example of the parameter itself, and
 * a request with all examples finds nothing.
 */
function parameter(parameter: Parameter): OpenAPIV3_1.ParameterObject {
  const { kind, name, doc, example } = parameter
  const schema = schemaOf(parameter)
  const required = kind === 'listed'
  return {
    name,
    in: 'query',
    description: example === undefined || required ? doc : `${doc} For example, \`${example}\`.`,
    ...(kind === 'by' ? { style: 'form', explode: false } : {}),
    ...(required ? { required, example } : {}),
    schema: example === undefined || required ? schema : { ...schema, ...examples(schema, example) },
  }
}

function examples(schema: ParameterSchema, example: string): Pick<OpenAPIV3_1.SchemaObject, 'examples'> {
  return { examples: ['items' in schema ? [example] : example] }
}

/** A parameter that may be repeated (`user_id=1&user_id=2`): OpenAPI's default form of an array in a query. */
function repeated(items: ParameterSchema, maxItems = MAX_VALUES) {
  return { type: 'array' as const, items, maxItems }
}

const PARAMETER_SCHEMAS: Readonly<
  Record<Exclude<Parameter['kind'], 'by' | 'listed' | 'most' | 'format'>, ParameterSchema>
> = {
  limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  largest: { type: 'integer', minimum: 1, maximum: MAX_LIMIT },
  from: { type: 'string' },
  until: { type: 'string' },
  timezone: { type: 'string', default: 'UTC' },
  id: repeated({ type: 'string', format: 'uuid' }),
  field: repeated({ type: 'string' }),
  outcome: repeated({ type: 'string', enum: [...OUTCOMES] }),
  cursor: { type: 'string' },
  page_on: repeated({ enum: ['id', 'time', 'event_id'] }, ORDER_FIELDS),
  page_at_key: repeated({ type: 'string' }, ORDER_FIELDS),
  page_sort: repeated({ enum: ['asc', 'desc'], default: 'desc' }, ORDER_FIELDS),
  search_direction: { enum: ['forwards', 'backwards'], default: 'forwards' },
  after: { type: 'string' },
  starts_with: { type: 'string' },
  texts: repeated({ type: 'string' }),
  wait: { type: 'string', pattern: '^\\d+(ms|s|m)$' },
  interval: { enum: [...INTERVALS.keys()] },
}

/** The schemas of a stream's record and list. */
function schemas(stream: Stream): Record<string, OpenAPIV3_1.SchemaObject> {
  return {
    [stream.record]: {
      type: 'object',
      description: `${stream.doc} Absent fields are omitted.`,
      required: ['event_id', 'time', ...(stream.outcomes === undefined ? [] : ['outcome'])],
      properties: {
        event_id: { type: 'string', format: 'uuid', description: 'The id of the record.' },
        time: { ...dateTime, description: 'When the record was generated: RFC 3339 in UTC, to the microsecond.' },
        ...Object.fromEntries(stream.fields.map((field) => [field.name, fieldSchema(field)])),
        ...(stream.outcomes === undefined ? {} : { outcome: outcomeSchema }),
      },
    },
    [`${stream.record}List`]: {
      type: 'object',
      description: `A page of records of ${stream.name}.`,
      required: ['limit', stream.name],
      properties: {
        limit: { type: 'integer', description: 'The maximum number of records in the response.' },
        [stream.name]: {
          type: 'array',
          description: 'The records.',
          items: { $ref: `#/components/schemas/${stream.record}` },
        },
        page_at_id: {
          type: 'string',
          description:
            'The `time` of the last record, if the response has `limit` records, newest first. Send it as `dt_to` to get the next page. It ' +
            'skips other records of the same time; `next_cursor` does not.',
        },
        next_cursor: {
          type: 'string',
          description: 'Send it as `cursor` to get the next page. Present if the response has `limit` records. Opaque.',
        },
        page_info: { $ref: '#/components/schemas/PageInfo' },
      },
    },
  }
}

/** Text, an object of any shape, or a list of objects whose properties are text. */
function fieldSchema({ doc, list, json, filter, values = {} }: Field): OpenAPIV3_1.SchemaObject {
  if (json !== undefined) return { type: 'object', description: doc, additionalProperties: true }
  if (list === undefined) {
    const known = Object.entries(values).map(([value, meaning]) => `- \`${value}\`: ${meaning}`)
    return {
      type: 'string',
      description: known.length === 0 ? doc : `${doc} Any text; among others:\n\n${known.join('\n')}`,
      ...(filter?.example === undefined ? {} : { examples: [filter.example] }),
    }
  }
  const parts = list.map((part) => [part.name, { type: 'string' as const, description: part.doc }] as const)
  return { type: 'array', description: doc, items: { type: 'object', properties: Object.fromEntries(parts) } }
}

const outcomeSchema: OpenAPIV3_1.SchemaObject = {
  type: 'string',
  enum: [...OUTCOMES],
  description:
    'Whether the step that the record describes worked. Derived from the other fields by the rules in docs/outcomes.md.',
}

/** A record of the declaration's examples. */
function example(stream: Stream): RecordExample {
  return {
    event_id: '019b76da-a800-7000-8000-0123456789ab',
    time: '2026-01-31T14:00:00.123456Z',
    ...Object.fromEntries(
      stream.fields.flatMap(({ name, filter }) => (filter?.example === undefined ? [] : [[name, filter.example]])),
    ),
    ...(stream.outcomes === undefined ? {} : { outcome: 'success' }),
  }
}

const key: OpenAPIV3_1.SchemaObject = { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 }

const pageInfo: OpenAPIV3_1.SchemaObject = {
  type: 'object',
  description:
    'The parameters of the next page. Present if the response has `limit` records. Send the values unchanged.',
  required: ['page_on', 'page_at_key'],
  properties: {
    page_on: { ...key, description: 'For `page_on`: `time` and `event_id`.' },
    page_at_key: { ...key, description: 'For `page_at_key`: the key of the last record.' },
    previous_key: {
      ...key,
      description:
        'For `page_at_key` with `search_direction=backwards`, to get the previous page: the key of the first record.',
    },
  },
}
