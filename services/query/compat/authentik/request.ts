import { filterParameters, MAX_TEXT_LENGTH, MAX_TEXTS, type Parameter } from '../../../../schemas/derive/parameters.js'
import { authentikActions } from '../../../../schemas/streams/events/actions.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { MergedSource } from '../../list/merged_list.js'
import { type Criterion, filtersOf } from '../../parameters/criteria.js'
import { type FieldFilter, filtersFrom } from '../../parameters/filters.js'
import { GivenParameters, ParameterError, type RequestQuery } from '../../parameters/given_parameters.js'
import type { Order } from '../../parameters/page.js'
import { type ActionFilter, actionCriterion, containsFilter, kindsOf } from './actions.js'

/** The streams whose records are authentik's events. */
export interface EventStreams {
  readonly events: Stream
  readonly signIns: Stream
}

/** A parameter that authentik has, as the OpenAPI document describes it. */
export interface Known {
  readonly name: string
}

export interface EventsRequest {
  readonly sources: readonly MergedSource[]
  readonly order: Order
  /** A whole number among the parameters; `otherwise` where it is absent. */
  number(name: string, max: number, otherwise: number): number
  /** @throws {Problem} 400 `INVALID_PARAMETER`, which names every invalid parameter */
  check(): void
}

/** The fields whose text a search looks into, by stream. */
const SEARCHED = {
  events: ['action', 'app', 'user', 'context', 'client_ip', 'brand'],
  signIns: [
    ...['user_id', 'upstream_user_id', 'source_ip', 'org_id', 'org_name', 'stage', 'event', 'event_name'],
    ...['application_name', 'client_id', 'user_agent', 'upstream_idp', 'session', 'trace_id'],
  ],
}

/** Reads the filters and the order that authentik's routes share. Call `check` when all parameters are read. */
export function eventsRequest(
  { events, signIns }: EventStreams,
  known: readonly Known[],
  query: RequestQuery,
  now: bigint,
): EventsRequest {
  const parameters: readonly Parameter[] = known.map(
    ({ name }) => filterParameters(events).find((own) => own.name === name) ?? { kind: 'cursor', name, doc: '' },
  )
  const given = new GivenParameters({ name: 'authentik’s events' }, parameters, literalValues(query))
  const order = given.readOne('ordering', orderOf) ?? 'newest first'
  const { fields } = filtersFrom(
    given,
    parameters.filter(({ kind, name }) => kind === 'field' && name !== 'action'),
    now,
  )
  const username = given.readOne('username', () => [query.username ?? ''].flat().find((text) => text !== ''))
  const words = given.readOne('search', wordsOf) ?? []
  const actions: ActionFilter = {
    contains: given.readOne('action', bounded),
    oneOf: given.read('actions', (texts) => texts.map(actionNamed)),
  }
  const searches = (stream: keyof typeof SEARCHED): readonly Criterion[] =>
    words.map((value) => ({ any: SEARCHED[stream].map((field) => ({ field, test: 'contains' as const, value })) }))

  return {
    order,
    sources: [eventsSource(), ...signInSources()],
    number: (name, max, otherwise) => given.readOne(name, (text) => numberOf(text, max)) ?? otherwise,
    check: () => given.check(),
  }

  function eventsSource(): MergedSource {
    const contains = containsFilter(actions)
    const criterion = actionCriterion(actions)
    const { fields: more, ...rest } = filtersOf({
      all: [...(criterion === undefined ? [] : [criterion]), ...searches('events')],
    })
    const named: readonly FieldFilter[] =
      contains === undefined ? [] : [{ field: 'action', parameter: 'action', values: [contains], match: 'contains' }]
    return { stream: events, filters: { ...rest, fields: [...fields, ...named, ...more] } }
  }

  /** None where a filter looks into what a sign-in does not have. */
  function signInSources(): readonly MergedSource[] {
    const own = fields.flatMap((filter) => signInFilter(filter) ?? [])
    const kinds = kindsOf(actions)
    const others = fields.filter(({ parameter }) => parameter !== 'username')
    if (own.length < others.length || kinds?.length === 0) return []
    return usersOf(username).map((user) => {
      const { fields: more, ...rest } = filtersOf({ all: [...user, ...searches('signIns')] })
      const filters = { ...rest, fields: [...own, ...more], ...(kinds === undefined ? {} : { kinds }) }
      return { stream: signIns, filters, yieldsTo: events }
    })
  }
}

/** The parameters whose values our own filters read: there, a `*` at the end means a prefix. authentik has none. */
const OF_FIELDS = ['username', 'brand_name', 'context_authorized_app', 'context_device', 'context_model_app']
const OF_MODELS = ['context_model_name', 'context_model_pk']

function literalValues(query: RequestQuery): RequestQuery {
  const literal = (text: string) => (text.endsWith('*') ? `${text.slice(0, -1)}\\*` : text)
  return Object.fromEntries(
    Object.entries(query).map(([name, values]) => [
      name,
      [...OF_FIELDS, ...OF_MODELS].includes(name) ? [values ?? []].flat().map(literal) : values,
    ]),
  )
}

/** The same condition on a sign-in; undefined for what it does not have, and for its user. */
function signInFilter({ parameter, values, match }: FieldFilter): FieldFilter | undefined {
  if (parameter === 'client_ip') {
    return { field: 'source_ip', parameter: 'source_ip', values, ...(match === undefined ? {} : { match }) }
  }
  if (parameter === 'brand_name') return { field: 'org_name', parameter: 'org_name', values }
  return undefined
}

/**
 * The user of a sign-in is shown by its name at the provider, or else by its id. So a name is searched in two lists,
 * each by its own index.
 */
function usersOf(username: string | undefined): readonly (readonly Criterion[])[] {
  if (username === undefined) return [[]]
  const field = 'upstream_user_id'
  return [
    [
      { field, test: 'equals', value: username.toLowerCase(), caseless: true },
      { field, test: 'equals', value: username },
    ],
    [
      { field: 'user_id', test: 'equals', value: username },
      { field, test: 'equals', value: '' },
    ],
  ]
}

function orderOf(text: string): Order {
  if (text === '-created') return 'newest first'
  if (text === 'created') return 'oldest first'
  throw new ParameterError('must be created or -created: the events can be sorted by nothing else.')
}

function wordsOf(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  if (words.length > MAX_TEXTS) throw new ParameterError(`may have at most ${MAX_TEXTS} words.`)
  return words.map(bounded)
}

function bounded(text: string): string {
  if ([...text].length > MAX_TEXT_LENGTH) throw new ParameterError(`may be at most ${MAX_TEXT_LENGTH} characters long.`)
  return text
}

function actionNamed(text: string): string {
  if (Object.hasOwn(authentikActions, text)) return text
  throw new ParameterError(
    `${JSON.stringify(text.slice(0, 64))} is not an action of authentik. Use custom_ for any other, or action= for a part of its name.`,
  )
}

function numberOf(text: string, max: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (number < 1) throw new ParameterError('must be a whole number from 1 on.')
  return Math.min(number, max)
}
