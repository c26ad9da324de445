import type { OpenAPIV3_1 } from 'openapi-types'
import { response } from '../error_responses.js'
import { dateTime, type Paths } from '../operation_parts.js'
import { authenticatedBy, COMMON, errorsAs, listOf, objectOf, textOrNull } from './compat_parts.js'

/** How many events a page of the System Log has: by default, and at most. */
export const DEFAULT_OKTA_LIMIT = 100
export const MAX_OKTA_LIMIT = 1_000

/** The parameters of Okta's System Log API. */
export const oktaParameters: readonly (OpenAPIV3_1.ParameterObject & { readonly name: string })[] = [
  text('since', 'Events of this time and later; seven days before `until`, or before now, by default. RFC 3339.'),
  text('until', 'Events before this time. Without it, oldest first, the caller polls: see `after`. RFC 3339.'),
  text(
    'after',
    'Where the page begins, as the link `next` of a response has it. A poller gets each event once, in the order in which they arrive: ' +
      'also those whose time is long past.',
  ),
  {
    ...text(
      'filter',
      'Comparisons with `eq` or `sw` (starts with), combined with `and`, `or` and parentheses. The paths are in docs/compat/okta.md.',
    ),
    example: 'eventType eq "user.session.start" and outcome.result eq "FAILURE"',
  },
  { ...text('q', 'Up to ten words, each of which an event must contain. Case is ignored.'), example: 'firefox' },
  {
    name: 'limit',
    in: 'query',
    description: 'The maximum number of events.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_OKTA_LIMIT, default: DEFAULT_OKTA_LIMIT },
  },
  {
    name: 'sortOrder',
    in: 'query',
    description: 'The order, by `published`.',
    schema: { enum: ['ASCENDING', 'DESCENDING'], default: 'ASCENDING' },
  },
]

function text(name: string, description: string) {
  return { name, in: 'query', description, schema: { type: 'string' as const } }
}

const EXAMPLE = {
  uuid: '019b76da-a800-7000-8000-0123456789ab',
  published: '2026-01-31T14:00:00.123Z',
  eventType: 'user.session.start',
  version: '0',
  severity: 'INFO',
  displayMessage: 'Login: Success',
  actor: { id: '1234', type: 'User', alternateId: 'ada@example.com', displayName: 'ada@example.com' },
  client: { ipAddress: '192.0.2.3', id: 'my-client-123' },
  outcome: { result: 'SUCCESS', reason: null },
  target: null,
  transaction: { type: 'WEB', id: '0af7651916cd43dd8448eb211c80319c' },
  authenticationContext: { externalSessionId: '1234' },
  debugContext: { debugData: { org_id: 'org-1' } },
  request: { ipChain: [{ ip: '192.0.2.3', version: 'V4' }] },
}

const logsOperation: OpenAPIV3_1.OperationObject = {
  operationId: 'okta_logs',
  summary: 'Okta: read the System Log',
  description:
    'Okta’s System Log API over the records of sign-ins, for programs that were written for it. With `until`, or newest first, it lists events ' +
    'by time. Without, it is for pollers: follow the link `next`, which every response has.',
  ...authenticatedBy('okta_token'),
  parameters: [...oktaParameters],
  responses: {
    '200': {
      description: 'A page of events.',
      headers: {
        Link: { description: 'The addresses of this page (`self`) and of the `next` one.', schema: { type: 'string' } },
      },
      content: {
        'application/json': {
          schema: { type: 'array', items: { $ref: '#/components/schemas/OktaLogEvent' } },
          example: [EXAMPLE],
        },
      },
    },
    ...errorsAs(
      {
        schema: 'OktaError',
        example: {
          errorCode: 'E0000011',
          errorSummary: 'The token has expired.',
          errorLink: 'E0000011',
          errorId: 'oaeAbCdEfGhIjKlMnOp',
          errorCauses: [{ errorSummary: 'TOKEN_INVALID' }],
        },
      },
      COMMON,
    ),
    '408': response('RequestTimeout'),
    '431': response('HeaderTooLarge'),
  },
}

export const oktaPaths: Paths = { '/api/v1/logs': { get: logsOperation } }

function part(description: string): OpenAPIV3_1.SchemaObject {
  return { type: 'object', description }
}

export const oktaSchemas: Record<string, OpenAPIV3_1.SchemaObject> = {
  OktaLogEvent: objectOf('A record as an event of Okta’s System Log.', {
    uuid: { type: 'string', format: 'uuid', description: 'The `event_id`.' },
    published: { ...dateTime, description: 'When it happened, in milliseconds.' },
    eventType: {
      type: 'string',
      description:
        'The type as Okta has it: the `event_name` of a record that came from Okta, else by the kind of the record.',
    },
    version: { const: '0', description: 'Always 0.' },
    severity: { enum: ['INFO', 'WARN'], description: '`WARN` for a failure.' },
    displayMessage: textOrNull('The stage and the event.'),
    actor: part('Who: `user_id` and `upstream_user_id`, or `unknown`.'),
    client: part('From where: address, user agent, client.'),
    outcome: part('The outcome, and the reason where it is no success.'),
    target: { type: ['array', 'null'], items: part('A target.'), description: 'The application and the provider.' },
    transaction: part('The trace.'),
    debugContext: part('`debugData` has our fields that have no place elsewhere.'),
    authenticationContext: part('The session and the issuer.'),
    request: part('The address.'),
  }),
  OktaError: objectOf('An error as Okta has it.', {
    errorCode: { type: 'string', description: 'Okta’s code.' },
    errorSummary: { type: 'string', description: 'What went wrong and what to do.' },
    errorLink: { type: 'string', description: 'The same code.' },
    errorId: { type: 'string', description: 'A different one for each error.' },
    errorCauses: listOf('Our own code (docs/errors.md).', part('A cause: its `errorSummary` is the code.')),
  }),
}
