import { authentikActions } from '../../../../schemas/streams/events/actions.js'
import { EVENT_KINDS, type EventKind } from '../../../../schemas/streams/index.js'
import type { Criterion } from '../../parameters/criteria.js'

/** What authentik's strict clients get for an action that authentik does not name. */
export const CUSTOM = 'custom_'

/** authentik's action of a sign-in of each kind. */
const ACTIONS: Readonly<Record<EventKind, string>> = {
  login: 'login',
  login_failed: 'login_failed',
  logout: 'logout',
  other: CUSTOM,
}

export function actionOfKind(kind: EventKind): string {
  return ACTIONS[kind]
}

/** The action of an event as authentik's clients accept it. */
export function shownAction(action: string | undefined): string {
  return action !== undefined && Object.hasOwn(authentikActions, action) ? action : CUSTOM
}

/** Which actions a request selects: by a part of the name, by names, or by both. */
export interface ActionFilter {
  readonly contains: string | undefined
  readonly oneOf: readonly string[] | undefined
}

function selects({ contains, oneOf }: ActionFilter, action: string): boolean {
  return action.includes(contains?.toLowerCase() ?? '') && (oneOf?.includes(action) ?? true)
}

/** The kinds of sign-ins that a request selects; undefined for all. */
export function kindsOf(filter: ActionFilter): readonly EventKind[] | undefined {
  if (filter.contains === undefined && filter.oneOf === undefined) return undefined
  return EVENT_KINDS.filter((kind) => selects(filter, ACTIONS[kind]))
}

/** What an event's action must be, besides `containsFilter`; undefined where nothing. */
export function actionCriterion({ contains, oneOf }: ActionFilter): Criterion | undefined {
  const parts: Criterion[] = []
  if (oneOf !== undefined) parts.push(isOneOf(oneOf))
  // An action that is shown as `custom_` matches by that name, and by its own.
  if (contains !== undefined && CUSTOM.includes(contains.toLowerCase())) {
    parts.push({ any: [{ field: 'action', test: 'contains', value: contains }, { not: isOneOf(NAMED) }] })
  }
  return parts.length === 0 ? undefined : { all: parts }
}

/** The text by which indexes find the actions that contain it, where that is all. */
export function containsFilter({ contains }: ActionFilter): string | undefined {
  return contains === undefined || CUSTOM.includes(contains.toLowerCase()) ? undefined : contains
}

const NAMED = Object.keys(authentikActions).filter((action) => action !== CUSTOM)

function isOneOf(actions: readonly string[]): Criterion {
  const named = actions.filter((action) => action !== CUSTOM)
  const any: Criterion[] = named.map((value) => ({ field: 'action', test: 'equals', value }))
  return { any: actions.includes(CUSTOM) ? [...any, { not: isOneOf(NAMED) }] : any }
}
