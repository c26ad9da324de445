import { EVENT_KINDS, type EventKind } from '../../../../schemas/streams/index.js'
import { type Criterion, NOTHING } from '../../parameters/criteria.js'
import type { Operator } from './filter_expression.js'

/** Okta's type of an event of each kind. A failed log-in has the type of a log-in; its outcome says the rest. */
const TYPES: Readonly<Record<EventKind, string>> = {
  login: 'user.session.start',
  login_failed: 'user.session.start',
  logout: 'user.session.end',
  other: 'user.authentication.verify',
}

/** A type as Okta writes it. A record that came from Okta has it as the name of its event, and keeps it. */
const OKTA_TYPE = '^[a-z][a-z0-9_]*(?:\\.[a-z0-9_]+)+$'
const isOktaType = new RegExp(OKTA_TYPE)

export function eventTypeOf(eventName: unknown, kind: EventKind): string {
  return typeof eventName === 'string' && isOktaType.test(eventName) ? eventName : TYPES[kind]
}

/** That a record's type is, or begins with, a value. */
export function eventTypeCriterion(operator: Operator, value: string): Criterion {
  const begins = operator === 'sw'
  const kinds = EVENT_KINDS.filter((kind) => (begins ? TYPES[kind].startsWith(value) : TYPES[kind] === value))
  const isOkta: Criterion = { field: 'event_name', test: 'matches', value: OKTA_TYPE }
  const named: Criterion = { field: 'event_name', test: begins ? 'begins' : 'equals', value }
  // An absent name is empty text.
  const own: Criterion = value === '' && !begins ? NOTHING : { all: [isOkta, named] }
  return kinds.length === 0 ? own : { any: [own, { all: [{ kinds }, { not: isOkta }] }] }
}
