import type { OpenAPIV3_1 } from 'openapi-types'
import { response } from '../error_responses.js'
import type { Paths } from '../operation_parts.js'
import { dateTime } from '../operation_parts.js'
import { authenticatedBy, COMMON, errorsAs, listOf, objectOf, textOrNull } from './compat_parts.js'

const AUDIT = 'https://audit.example.com/api/v1/audit/authentication'

function eventsOperation(owner: string, named: string): OpenAPIV3_1.OperationObject {
  return {
    operationId: `canvas_${owner}`,
    summary: `Canvas: list the log-ins and log-outs of ${named}`,
    description:
      'Canvas’s Authentications Log API, for programs that were written for it. Newest first. An unreadable time and an unknown parameter are ' +
      'ignored, as Canvas does. Account is `org_id`, user is `user_id`, login is `upstream_user_id`.',
    ...authenticatedBy('canvas_token'),
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The id.',
        example: 'ada@example.com',
        schema: { type: 'string', minLength: 1 },
      },
      parameter('start_time', 'Events of this time and later. RFC 3339, or a form that `dt_from` of a list takes.'),
      parameter('end_time', 'Events of this time and earlier.'),
      parameter('per_page', 'How many events a page has; 10 by default, at most 100.'),
      parameter('page', 'The bookmark of a page, as the links of a response have it.'),
    ],
    responses: {
      '200': {
        description: 'A page of events, and the logins, accounts and users of them.',
        headers: {
          Link: {
            description: 'The addresses of the `current`, the `next` and the `first` page (RFC 8288).',
            schema: { type: 'string' },
          },
        },
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/CanvasEvents' }, example: EXAMPLE },
        },
      },
      ...errorsAs(
        {
          schema: 'CanvasErrors',
          example: { errors: [{ message: 'The token has expired.', error_code: 'TOKEN_INVALID' }] },
        },
        COMMON,
      ),
      '408': response('RequestTimeout'),
      '431': response('HeaderTooLarge'),
    },
  }
}

/** Text of any form: what can't be read is ignored. */
function parameter(name: string, description: string): OpenAPIV3_1.ParameterObject {
  return { name, in: 'query', description, schema: { type: 'string' } }
}

const EXAMPLE = {
  links: {
    'events.login': `${AUDIT}/logins/{events.login}`,
    'events.account': `${AUDIT}/accounts/{events.account}`,
    'events.user': `${AUDIT}/users/{events.user}`,
    'events.page_view': null,
  },
  events: [
    {
      id: '019b76da-a800-7000-8000-0123456789ab',
      created_at: '2026-01-31T14:00:00.123456Z',
      event_type: 'login',
      pseudonym_id: 'ada@example.com',
      account_id: 'org-1',
      user_id: '1234',
      links: { login: 'ada@example.com', account: 'org-1', user: '1234', page_view: null },
    },
  ],
  linked: {
    logins: [{ id: 'ada@example.com', account_id: 'org-1', user_id: '1234', unique_id: 'ada@example.com' }],
    accounts: [{ id: 'org-1', name: 'Example Ltd' }],
    users: [{ id: '1234', name: 'ada@example.com', login_id: 'ada@example.com' }],
    page_views: [],
  },
}

function id(description: string): OpenAPIV3_1.SchemaObject {
  return { type: ['string', 'integer', 'null'], description }
}

const IDS = {
  login: id('The login: `upstream_user_id`.'),
  account: id('The account: `org_id`.'),
  user: id('The user: `user_id`.'),
}

export const canvasSchemas: Record<string, OpenAPIV3_1.SchemaObject> = {
  CanvasEvents: objectOf('A page of Canvas’s authentication events, as a compound document.', {
    links: { type: 'object', description: 'Where the logins, accounts and users of events are listed.' },
    events: listOf('The events, newest first.', { $ref: '#/components/schemas/CanvasEvent' }),
    linked: objectOf('What the events of this page name, each once.', {
      logins: listOf('Logins.', {
        ...objectOf('A login.', {
          id: IDS.login,
          account_id: IDS.account,
          user_id: IDS.user,
          unique_id: textOrNull('The name that the user signs in with.'),
        }),
      }),
      accounts: listOf('Accounts.', objectOf('An account.', { id: IDS.account, name: textOrNull('Its name.') })),
      users: listOf(
        'Users.',
        objectOf('A user.', { id: IDS.user, name: textOrNull('The name.'), login_id: textOrNull('The login.') }),
      ),
      page_views: listOf('Always empty.', { type: 'object' }),
    }),
  }),
  CanvasEvent: objectOf('A log-in or a log-out, with the members of both generations of Canvas’s API.', {
    id: { type: 'string', description: 'The `event_id`.' },
    created_at: { ...dateTime, description: 'When it happened.' },
    event_type: { enum: ['login', 'logout'], description: 'What happened.' },
    pseudonym_id: IDS.login,
    account_id: IDS.account,
    user_id: IDS.user,
    links: objectOf('The same ids.', { ...IDS, page_view: textOrNull('Always null.') }),
  }),
  CanvasErrors: {
    type: 'object',
    description: 'An error as Canvas has it.',
    required: ['errors'],
    properties: {
      status: { type: 'string', description: '`unauthenticated` or `unauthorized`.' },
      errors: listOf(
        'What went wrong.',
        objectOf('A fault.', {
          message: { type: 'string', description: 'What went wrong and what to do.' },
          error_code: { type: 'string', description: 'Our error code. docs/errors.md lists them.' },
        }),
      ),
    },
  },
}

/** Canvas's Authentications Log API. */
export const canvasPaths: Paths = Object.fromEntries(
  [
    ['logins', 'a login'],
    ['pseudonyms', 'a login, by the older name'],
    ['accounts', 'an account'],
    ['users', 'a user'],
  ].map(([owner = '', named = '']) => [
    `/api/v1/audit/authentication/${owner}/{id}`,
    { get: eventsOperation(owner, named) },
  ]),
)
