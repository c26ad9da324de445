import { type Field, OUTCOMES, type Stream } from '../../streams/index.js'
import { INTERVALS, MAX_DIMENSIONS } from '../counts.js'
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_VALUES, type Parameter, parameters } from '../parameters.js'
import { arrivalPaths, arrivalSchemas } from './changes_operations.js'
import { countsPaths, countsSchemas } from './counts_operation.js'
import { FAILURES, problem, response, responses } from './error_responses.js'
import { exportPaths } from './export_operations.js'
import { operationPaths, readingPagePath } from './operations.js'
import { signInPaths, signInSchemas } from './sign_in_operation.js'

/** A part of an OpenAPI 3.1 document. */
type Part = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of the query service: one list for each stream, as the streams are declared. */
export function queryApi(streams: readonly Stream[]): Part {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatelog',
      version: '1.0.0',
      description:
        'The audit trail of sign-ins, and of what people do once they are in. A record of `auth_audits` is one stage of an ' +
        'authentication: who is performing it, what they are trying to log in to, and whether they succeeded. A record of `audits` ' +
        'is one action: who did what to which resource. A token of an organization reads the records that name that organization: as ' +
        'the issuer’s or the application’s, as the person’s or the resource’s.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'streams', description: 'Reading the audit trail.' },
      { name: 'operations', description: 'For those who run the service.' },
    ],
    paths: {
      ...Object.assign({}, ...streams.map(paths)),
      ...signInPaths(streams, example),
      ...operationPaths,
      ...readingPagePath,
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A JWT of the configured issuer with the scope `audits:read` (for exports, `audits:export`) and the organizations whose ' +
            'records it may read.',
        },
      },
      schemas: {
        ...Object.assign({}, ...streams.map(schemas), ...streams.map(countsSchemas), ...streams.map(arrivalSchemas)),
        ...signInSchemas(streams),
        PageInfo: pageInfo,
        Problem: problem,
      },
      responses,
    },
  }
}

function paths(stream: Stream): Part {
  return {
    [`/v1/${stream.name}`]: { get: listOperation(stream) },
    ...countsPaths(stream, { parameter, failures: FAILURES }),
    ...arrivalPaths(stream, { parameter, failures: FAILURES, example: example(stream) }),
    ...exportPaths(stream, {
      parameter,
      failures: { ...FAILURES, '406': response('NotAcceptable') },
      example: example(stream),
    }),
  }
}

function listOperation(stream: Stream): Part {
  const list = { $ref: `#/components/schemas/${stream.record}List` }
  return {
    operationId: `list_${stream.name}`,
    summary: `The newest records of ${stream.name}`,
    description:
      `${stream.doc}\n\nNewest first. All conditions given must hold; an empty one, or the text \`None\`, sets no bound. A parameter ` +
      'that filters on a field may be repeated, and then means any of its values.\n\nA full answer tells where to read on, in three ' +
      'forms: `next_cursor` (neither skips nor repeats a record, also among equal times), `page_info` (the same, as existing clients ' +
      'page) and `page_at_id` (a time, for `dt_to`).',
    tags: ['streams'],
    security: [{ token: [] }],
    parameters: parameters(stream).map(parameter),
    responses: {
      '200': {
        description: 'The records, newest first. The array is there also when it is empty.',
        content: { 'application/json': { schema: list, example: { limit: 1, [stream.name]: [example(stream)] } } },
      },
      ...FAILURES,
    },
  }
}

function schemaOf(parameter: Parameter): Part {
  if (parameter.kind === 'by') return { ...repeated({ enum: parameter.names }, MAX_DIMENSIONS), uniqueItems: true }
  return parameter.kind === 'format' ? { enum: [...parameter.formats] } : PARAMETER_SCHEMAS[parameter.kind]
}

function parameter(parameter: Parameter): Part {
  const { kind, name, doc, example } = parameter
  const schema = schemaOf(parameter)
  return {
    name,
    in: 'query',
    description: doc,
    ...(kind === 'by' ? { style: 'form', explode: false } : {}),
    ...(example === undefined ? {} : { example: 'items' in schema ? [example] : example }),
    schema,
  }
}

/** Repeated in a URL (`user_id=1&user_id=2`), which is how OpenAPI writes an array in a query by default. */
function repeated(items: Part, maxItems = MAX_VALUES): Part {
  return { type: 'array', items, maxItems }
}

const PARAMETER_SCHEMAS: Readonly<Record<Exclude<Parameter['kind'], 'by' | 'format'>, Part>> = {
  limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  from: { type: 'string' },
  until: { type: 'string' },
  id: repeated({ type: 'string', format: 'uuid' }),
  field: repeated({ type: 'string' }),
  outcome: repeated({ type: 'string', enum: [...OUTCOMES] }),
  cursor: { type: 'string' },
  page_on: repeated({ enum: ['id', 'time', 'event_id'] }, 2),
  page_at_key: repeated({ type: 'string' }, 2),
  page_sort: repeated({ enum: ['asc', 'desc'], default: 'desc' }, 2),
  search_direction: { enum: ['forwards', 'backwards'], default: 'forwards' },
  after: { type: 'string' },
  wait: { type: 'string', pattern: '^\\d+(ms|s|m)$' },
  interval: { enum: [...INTERVALS.keys()] },
}

/** The schemas of a stream's record and list. */
function schemas(stream: Stream): Part {
  return {
    [stream.record]: {
      type: 'object',
      description: `${stream.doc} What a record lacks is left out.`,
      required: ['event_id', 'time', ...(stream.outcomes === undefined ? [] : ['outcome'])],
      properties: {
        event_id: { type: 'string', format: 'uuid', description: 'Identifies the record.' },
        time: {
          type: 'string',
          format: 'date-time',
          description: 'When the record was generated: RFC 3339 in UTC, to the microsecond.',
        },
        ...Object.fromEntries(stream.fields.map((field) => [field.name, fieldSchema(field)])),
        ...(stream.outcomes === undefined ? {} : { outcome: outcomeSchema }),
      },
    },
    [`${stream.record}List`]: {
      type: 'object',
      description: `A page of records of ${stream.name}.`,
      required: ['limit', stream.name],
      properties: {
        limit: { type: 'integer', description: 'How many records the answer may hold: the limit in force.' },
        [stream.name]: {
          type: 'array',
          description: 'The records.',
          items: { $ref: `#/components/schemas/${stream.record}` },
        },
        page_at_id: {
          type: 'string',
          description:
            'Where the answer is full and the newest come first: what to give as `dt_to` to read on, the `time` of its last record. ' +
            'Other records of that very time are passed over; `next_cursor` does not do that.',
        },
        next_cursor: {
          type: 'string',
          description: 'Where the answer is full: what to give as `cursor` to read on after its last record. Opaque.',
        },
        page_info: { $ref: '#/components/schemas/PageInfo' },
      },
    },
  }
}

/** Of text, or of a list of entries whose parts are text. */
function fieldSchema({ doc, list, filter }: Field): Part {
  if (list === undefined) {
    return {
      type: 'string',
      description: doc,
      ...(filter?.example === undefined ? {} : { examples: [filter.example] }),
    }
  }
  const parts = list.map((part) => [part.name, { type: 'string', description: part.doc }])
  return { type: 'array', description: doc, items: { type: 'object', properties: Object.fromEntries(parts) } }
}

const outcomeSchema: Part = {
  type: 'string',
  enum: [...OUTCOMES],
  description: 'Whether what the record tells of worked, as the other fields say by the rules in docs/outcomes.md.',
}

/** A record made of the examples that the declaration gives. */
function example(stream: Stream): Part {
  return {
    event_id: '019b76da-a800-7000-8000-0123456789ab',
    time: '2026-01-31T14:00:00.123456Z',
    ...Object.fromEntries(
      stream.fields.flatMap(({ name, filter }) => (filter?.example === undefined ? [] : [[name, filter.example]])),
    ),
    ...(stream.outcomes === undefined ? {} : { outcome: 'success' }),
  }
}

const place: Part = { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 }

const pageInfo: Part = {
  type: 'object',
  description: 'Where the answer is full: what to give to read on. Copy the values as they are.',
  required: ['page_on', 'page_at_key'],
  properties: {
    page_on: { ...place, description: 'The key, for `page_on`: `time` and `event_id`.' },
    page_at_key: { ...place, description: 'The key of the last record, for `page_at_key`.' },
    previous_key: {
      ...place,
      description:
        'The key of the first record: for `page_at_key`, with `search_direction=backwards`, to read the other way.',
    },
  },
}
