import { type Field, OUTCOMES, type Stream } from '../streams/index.js'
import { arrivalPaths, arrivalSchemas } from './arrival_operations.js'
import { exportPaths } from './export_operations.js'
import { operationPaths } from './operations.js'
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_VALUES, type Parameter, parameters } from './parameters.js'

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
        'is one action: who did what to which resource. A token of an organisation reads the records that name that organisation: as ' +
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
      ...operationPaths,
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A JWT of the configured issuer with the scope `audits:read` (for exports, `audits:export`) and the organisations whose ' +
            'records it may read.',
        },
      },
      schemas: {
        ...Object.assign({}, ...streams.map(schemas), ...streams.map(arrivalSchemas)),
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
    ...arrivalPaths(stream, { parameter, failures: FAILURES, example: example(stream) }),
    ...exportPaths(stream, { parameter, failures: { ...FAILURES, '406': response('NotAcceptable') } }),
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

function parameter(parameter: Parameter): Part {
  const { kind, name, doc, example } = parameter
  return {
    name,
    in: 'query',
    description: doc,
    ...(example === undefined ? {} : { example: PARAMETER_SCHEMAS[kind].type === 'array' ? [example] : example }),
    schema: parameter.kind === 'format' ? { enum: [...parameter.formats] } : PARAMETER_SCHEMAS[kind],
  }
}

/** Repeated in a URL (`user_id=1&user_id=2`), which is how OpenAPI writes an array in a query by default. */
function repeated(items: Part, maxItems = MAX_VALUES): Part {
  return { type: 'array', items, maxItems }
}

const PARAMETER_SCHEMAS: Readonly<Record<Parameter['kind'], Part>> = {
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
  format: { type: 'string' },
  after: { type: 'string' },
  wait: { type: 'string', pattern: '^\\d+(ms|s|m)$' },
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
      required: ['limit', stream.name],
      properties: {
        limit: { type: 'integer', description: 'How many records the answer may hold: the limit in force.' },
        [stream.name]: { type: 'array', items: { $ref: `#/components/schemas/${stream.record}` } },
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
function fieldSchema({ doc, list }: Field): Part {
  if (list === undefined) return { type: 'string', description: doc }
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

const problem: Part = {
  type: 'object',
  description:
    'What went wrong (RFC 9457), under the names of that standard and under those that existing clients read.',
  required: ['type', 'title', 'status', 'detail', 'error_code', 'error_message'],
  properties: {
    type: { type: 'string', description: 'Always `about:blank`: `error_code` tells the kinds apart.' },
    title: { type: 'string', description: 'The status in words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What went wrong, and what to do.' },
    error_code: { type: 'string', description: 'What went wrong, for programs.' },
    error_message: { type: 'string', description: 'The same text as `detail`.' },
  },
}

const text = { schema: { type: 'string' } }

/** How an operation on a stream may fail, by status. */
const FAILURES: Part = {
  '400': response('InvalidParameter'),
  '401': response('NotAuthenticated'),
  '403': response('NotPermitted'),
  '422': response('QueryTooLarge'),
  '429': response('TooManyRequests'),
  '500': response('Failed'),
  '503': response('Unavailable'),
}

const responses: Part = {
  InvalidParameter: refusal('A parameter is not known or not understood; the answer names it.'),
  NotAuthenticated: refusal('There is no token, or it is not valid.', {
    'WWW-Authenticate': { description: 'Why the token is refused (RFC 6750).', ...text },
  }),
  NotPermitted: refusal(
    'The token lacks the scope that is needed (`audits:read`, `audits:export`), or names no organisation.',
    {
      'WWW-Authenticate': { description: 'The scope that is needed, where one is lacking (RFC 6750).', ...text },
    },
  ),
  NotAcceptable: refusal('`Accept` names no media type that an export can be had in.'),
  QueryTooLarge: refusal('The query reads more than one may; the answer says how to narrow it.'),
  TooManyRequests: refusal('The caller asks more often, waits more often at once, or runs more exports, than it may.', {
    'Retry-After': { description: 'After how many seconds to try again.', schema: { type: 'integer' } },
    'RateLimit-Limit': { description: 'How many requests may be made at once.', schema: { type: 'integer' } },
    'RateLimit-Remaining': { description: 'How many are left: none.', schema: { type: 'integer' } },
    'RateLimit-Reset': { description: 'After how many seconds all may be made again.', schema: { type: 'integer' } },
  }),
  Failed: refusal('The service failed.'),
  Unavailable: refusal(
    'The database, Kafka, or the issuer’s keys, are out of reach for the moment; or too many callers wait; or the service gives no ' +
      'exports out.',
    {
      'Retry-After': { description: 'After how many seconds to try again.', schema: { type: 'integer' } },
    },
  ),
}

function refusal(description: string, headers?: Part): Part {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

function response(name: string): Part {
  return { $ref: `#/components/responses/${name}` }
}
