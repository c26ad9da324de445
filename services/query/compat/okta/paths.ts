import { nearest } from '../../../../schemas/derive/suggestion.js'
import { canonicalText } from '../../../../schemas/streams/canonical_text.js'
import type { Outcome } from '../../../../schemas/streams/index.js'
import { isUuid } from '../../../../schemas/streams/uuid.js'
import { type Criterion, NOTHING, type TextCriterion } from '../../parameters/criteria.js'
import { ParameterError } from '../../parameters/given_parameters.js'
import { eventTypeCriterion } from './event_types.js'
import type { Comparison, FilterExpression, Operator } from './filter_expression.js'

/** What Okta writes for a person, a session or a transaction that it does not know. */
export const UNKNOWN = 'unknown'

/** Okta's result of each outcome. */
export const RESULTS: Readonly<Record<Outcome, string>> = {
  success: 'SUCCESS',
  failure: 'FAILURE',
  challenge: 'CHALLENGE',
  unknown: 'UNKNOWN',
}

type Compare = (operator: Operator, value: string) => Criterion

/** The paths that `filter` may compare, and what a comparison means for our records. */
const PATHS: Readonly<Record<string, Compare>> = {
  uuid: (operator, value) => {
    if (operator === 'sw') throw new ParameterError('compares uuid with sw: give the whole uuid, with eq.')
    return isUuid(value) ? { field: 'event_id', test: 'id', value: value.toLowerCase() } : NOTHING
  },
  eventType: eventTypeCriterion,
  'outcome.result': (operator, value) => ({
    outcomes: (Object.keys(RESULTS) as Outcome[]).filter((outcome) => matches(operator, RESULTS[outcome], value)),
  }),
  'outcome.reason': (operator, value) => ({
    all: [{ not: { outcomes: ['success'] } }, text('event')(operator, value)],
  }),
  severity: (operator, value) => ({
    outcomes: (Object.keys(RESULTS) as Outcome[]).filter((outcome) => matches(operator, severityOf(outcome), value)),
  }),
  'actor.id': orUnknown('user_id'),
  'actor.alternateId': orUnknown('upstream_user_id', { caseless: true }),
  'client.id': text('client_id'),
  'client.ipAddress': (operator, value) => {
    const address = operator === 'eq' ? canonicalText({ form: 'address' }, value) : value
    return text('source_ip')(operator, address)
  },
  'client.userAgent.rawUserAgent': text('user_agent'),
  'authenticationContext.externalSessionId': orUnknown('session'),
  'transaction.id': orUnknown('trace_id'),
  'target.displayName': (operator, value) => ({
    any: [text('application_name')(operator, value), text('upstream_idp')(operator, value)],
  }),
}

export const FILTER_PATHS: readonly string[] = Object.keys(PATHS)

/** The severity that Okta gives an event. */
export function severityOf(outcome: Outcome): string {
  return outcome === 'failure' ? 'WARN' : 'INFO'
}

/**
 * What an expression means for our records.
 *
 * @throws {ParameterError} for a path that can't be compared
 */
export function criterionOf(expression: FilterExpression): Criterion {
  if ('and' in expression) return { all: expression.and.map(criterionOf) }
  if ('or' in expression) return { any: expression.or.map(criterionOf) }
  return compared(expression)
}

function compared({ path, operator, value }: Comparison): Criterion {
  const compare = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined
  if (compare !== undefined) return compare(operator, value)
  const meant = nearest(path, FILTER_PATHS)
  const advice = meant === undefined ? `The paths are ${FILTER_PATHS.join(', ')}.` : `Did you mean ${meant}?`
  throw new ParameterError(`names the path ${JSON.stringify(path.slice(0, 64))}, which it can't compare. ${advice}`)
}

function matches(operator: Operator, text: string, value: string): boolean {
  return operator === 'eq' ? text === value : text.startsWith(value)
}

/** A field's text. An absent one is in no answer, so no value matches it. */
function text(field: string, { caseless = false }: { readonly caseless?: boolean } = {}): Compare {
  return (operator, value) => {
    const criterion: TextCriterion = {
      field,
      test: operator === 'eq' ? 'equals' : 'begins',
      value: caseless ? value.toLowerCase() : value,
      ...(caseless ? { caseless } : {}),
    }
    if (value !== '') return criterion
    return operator === 'eq' ? NOTHING : { not: { field, test: 'equals', value: '' } }
  }
}

/** The same for a field that is shown as `unknown` where it is absent. */
function orUnknown(field: string, options: { readonly caseless?: boolean } = {}): Compare {
  const compare = text(field, options)
  return (operator, value) => {
    const absent: Criterion = { field, test: 'equals', value: '' }
    const shown = options.caseless === true ? value.toLowerCase() : value
    return matches(operator, UNKNOWN, shown) ? { any: [compare(operator, value), absent] } : compare(operator, value)
  }
}
