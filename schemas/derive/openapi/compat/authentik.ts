import type { OpenAPIV3_1 } from 'openapi-types'
import { authentikActions } from '../../../streams/events/actions.js'
import { response } from '../error_responses.js'
import { dateTime, type Paths } from '../operation_parts.js'
import { authenticatedBy, COMMON, type ErrorForm, errorsAs, listOf, objectOf, textOrNull } from './compat_parts.js'

/** How many events a page has: by default, and at most. */
export const DEFAULT_PAGE_SIZE = 20
export const MAX_PAGE_SIZE = 100
/** How many days of events are counted by default, and at most. */
export const DEFAULT_HISTORY_DAYS = 7
export const MAX_HISTORY_DAYS = 90
/** How many applications are listed by default, and at most. */
export const DEFAULT_TOP = 15
export const MAX_TOP = 100

type NamedParameter = OpenAPIV3_1.ParameterObject & { readonly name: string }

/** The filters of authentik's Events API. */
export const authentikFilters: readonly NamedParameter[] = [
  text('action', 'Events whose action contains this text.'),
  {
    name: 'actions',
    in: 'query',
    description: 'Events of one of these actions. `custom_` is any that authentik does not name.',
    schema: { type: 'array', items: { enum: Object.keys(authentikActions) }, maxItems: 100 },
  },
  text('brand_name', 'Events of the brand of this name.'),
  text('client_ip', 'Events from this address.'),
  text('context_authorized_app', 'Events that let this application in: its `pk`.'),
  text('context_device', 'Events with this device: its `pk`.'),
  text('context_model_app', 'Events about an object of this application.'),
  text('context_model_name', 'Events about an object of this kind.'),
  text('context_model_pk', 'Events about the object with this `pk`.'),
  text('search', 'Events that contain each of these words. Case is ignored.'),
  text('username', 'Events of the user of this name.'),
]

const ordering: NamedParameter = {
  name: 'ordering',
  in: 'query',
  description: 'Newest or oldest first.',
  schema: { enum: ['-created', 'created'], default: '-created' },
}

/** The parameters of the list. */
export const authentikListParameters: readonly NamedParameter[] = [
  ...authentikFilters,
  ordering,
  integer('page', 'The number of the page.', { minimum: 1 }),
  integer('page_size', `How many events a page has, at most ${MAX_PAGE_SIZE}. A larger number means that.`, {
    minimum: 1,
    default: DEFAULT_PAGE_SIZE,
  }),
]

export const authentikVolumeParameters: readonly NamedParameter[] = [
  ...authentikFilters,
  ordering,
  integer('history_days', `How many days are counted, at most ${MAX_HISTORY_DAYS}. A larger number means that.`, {
    minimum: 1,
    default: DEFAULT_HISTORY_DAYS,
  }),
]

export const authentikTopParameters: readonly NamedParameter[] = [
  ...authentikFilters,
  ordering,
  integer('top_n', `How many applications, at most ${MAX_TOP}. A larger number means that.`, {
    minimum: 1,
    default: DEFAULT_TOP,
  }),
]

function text(name: string, description: string): NamedParameter {
  return { name, in: 'query', description, schema: { type: 'string' } }
}

interface Bounds {
  readonly minimum: number
  readonly default?: number
}

function integer(name: string, description: string, bounds: Bounds): NamedParameter {
  return { name, in: 'query', description, schema: { type: 'integer', ...bounds } }
}

const EVENT = {
  pk: '019b76da-a800-7000-8000-0123456789ab',
  user: { pk: '31', email: 'ada@example.com', username: 'ada' },
  action: 'login',
  app: 'authentik.events.signals',
  context: { auth_method: 'password' },
  client_ip: '192.0.2.3',
  created: '2026-01-31T14:00:00.123456Z',
  expires: '2027-01-31T14:00:00.123456Z',
  brand: { pk: 'fcba8280', app: 'authentik_brands', name: 'Example', model_name: 'brand' },
}

const ERROR: ErrorForm = {
  schema: 'AuthentikError',
  example: { detail: 'The token has expired.', code: 'TOKEN_INVALID' },
}

const ERRORS: OpenAPIV3_1.ResponsesObject = {
  ...errorsAs(ERROR, COMMON),
  '408': response('RequestTimeout'),
  '431': response('HeaderTooLarge'),
}

const NOT_FOUND: OpenAPIV3_1.ResponsesObject = {
  '404': {
    description: 'There is no such event, or no such page.',
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/AuthentikError' },
        example: { detail: 'No Event matches the given query.', code: 'NOT_FOUND' },
      },
    },
  },
}

interface Described {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly parameters: readonly NamedParameter[]
  readonly answer: OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject
  readonly example: unknown
  readonly errors?: OpenAPIV3_1.ResponsesObject
}

function operation(described: Described): { get: OpenAPIV3_1.OperationObject } {
  const { answer, example, parameters, errors = ERRORS, ...rest } = described
  return {
    get: {
      ...rest,
      ...authenticatedBy(),
      parameters: [...parameters],
      responses: {
        '200': { description: 'The answer.', content: { 'application/json': { schema: answer, example } } },
        ...errors,
      },
    },
  }
}

const ref = (name: string): OpenAPIV3_1.ReferenceObject => ({ $ref: `#/components/schemas/${name}` })

const EVENT_UUID: NamedParameter = {
  name: 'event_uuid',
  in: 'path',
  required: true,
  description: 'The `pk` of the event.',
  example: EVENT.pk,
  schema: { type: 'string', format: 'uuid' },
}

/** authentik's Events API. */
export const authentikPaths: Paths = {
  '/api/v3/events/events/': operation({
    operationId: 'authentik_events',
    summary: 'authentik: list events',
    description:
      'authentik’s Events API, for programs that were written for it: the records of `events`, and those of `auth_audits` that are no event. ' +
      'Pages have numbers; docs/compat/authentik.md says how deep they go.',
    parameters: authentikListParameters,
    answer: ref('AuthentikEventList'),
    example: {
      pagination: { next: 0, previous: 0, count: 1, current: 1, total_pages: 1, start_index: 1, end_index: 1 },
      results: [EVENT],
      autocomplete: {},
    },
    errors: { ...ERRORS, ...NOT_FOUND },
  }),
  '/api/v3/events/events/{event_uuid}/': operation({
    operationId: 'authentik_event',
    summary: 'authentik: get an event',
    description: 'One event by its `pk`, which is the `event_id` of a record.',
    parameters: [EVENT_UUID],
    answer: ref('AuthentikEvent'),
    example: EVENT,
    errors: { ...ERRORS, ...NOT_FOUND },
  }),
  '/api/v3/events/events/actions/': operation({
    operationId: 'authentik_actions',
    summary: 'authentik: list the actions',
    description: 'The actions that authentik names, and what they mean.',
    parameters: [],
    answer: listOf('The actions.', ref('AuthentikAction')),
    example: [{ name: 'Login', description: 'Somebody signs in.', component: 'login', model_name: '' }],
  }),
  '/api/v3/events/events/volume/': operation({
    operationId: 'authentik_volume',
    summary: 'authentik: count events by action and time',
    description: 'How many events of each action there were in each six hours.',
    parameters: authentikVolumeParameters,
    answer: listOf('The counts, oldest first.', ref('AuthentikVolume')),
    example: [{ action: 'login', time: '2026-01-31T12:00:00Z', count: 42 }],
  }),
  '/api/v3/events/events/top_per_user/': operation({
    operationId: 'authentik_top_per_user',
    summary: 'authentik: list the applications that are used most',
    description: 'The applications that most events let in, and how many users they have.',
    parameters: authentikTopParameters,
    answer: listOf('The applications.', ref('AuthentikTop')),
    example: [{ application: { pk: '3f2504e0', name: 'Wiki' }, counted_events: 42, unique_users: 7 }],
  }),
}

const count = (description: string): OpenAPIV3_1.SchemaObject => ({ type: 'integer', description })
const open = (description: string): OpenAPIV3_1.SchemaObject => ({ type: 'object', description })
const action: OpenAPIV3_1.SchemaObject = {
  enum: Object.keys(authentikActions),
  description: 'The action; `custom_` for one that authentik does not name. `context.custom_action` has it then.',
}

export const authentikSchemas: Record<string, OpenAPIV3_1.SchemaObject> = {
  AuthentikEvent: objectOf('An event as authentik has it.', {
    pk: { type: 'string', format: 'uuid', description: 'The `event_id` of the record.' },
    user: open('Who: `pk`, `email` and `username`.'),
    action,
    app: { type: 'string', description: 'What wrote the event.' },
    context: open('More about the event.'),
    client_ip: textOrNull('The address.'),
    created: { ...dateTime, description: 'When it happened.' },
    expires: { ...dateTime, description: 'When Gatelog drops the record.' },
    brand: open('The organization.'),
  }),
  AuthentikEventList: objectOf('A page of events.', {
    pagination: objectOf('Where the page is; 0 stands for none.', {
      next: count('The number of the next page.'),
      previous: count('The number of the page before.'),
      count: count('How many events there are. Exact up to 1,000, then at least so many.'),
      current: count('The number of this page.'),
      total_pages: count('How many pages `count` events have.'),
      start_index: count('The number of its first event.'),
      end_index: count('The number of its last event.'),
    }),
    results: listOf('The events.', ref('AuthentikEvent')),
    autocomplete: open('Always empty.'),
  }),
  AuthentikAction: objectOf('An action.', {
    name: { type: 'string', description: 'Its name for people.' },
    description: { type: 'string', description: 'What it means.' },
    component: { type: 'string', description: 'Its name for programs.' },
    model_name: { type: 'string', description: 'Always empty.' },
  }),
  AuthentikVolume: objectOf('The number of events of one action in six hours.', {
    action,
    time: { ...dateTime, description: 'When the six hours begin.' },
    count: count('How many events.'),
  }),
  AuthentikTop: objectOf('An application, and how much it is used.', {
    application: open('The application, as the events have it.'),
    counted_events: count('How many events.'),
    unique_users: count('How many users.'),
  }),
  AuthentikError: objectOf('An error as authentik has it.', {
    detail: { type: 'string', description: 'What went wrong and what to do.' },
    code: { type: 'string', description: 'Our error code. docs/errors.md lists them.' },
  }),
}
