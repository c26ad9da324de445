import type { Outcome } from '../../../../schemas/streams/index.js'
import type { ApiRecord } from '../../clickhouse/rows.js'
import type { FieldFilter, Filters } from '../../parameters/filters.js'
import type { SignInFilters } from './request.js'

/** The records by which sign-ins are found: every sign-in that a request selects has one of them among its steps. */
export interface Candidates {
  /** A record that matches one of these is a candidate. */
  readonly alternatives: readonly Pick<Filters, 'fields' | 'outcomes'>[]
  /** The same for a record. */
  matches(record: ApiRecord): boolean
}

/**
 * By the filter that selects least: a person, then a failure, then a provider. One filter, because the stage that names
 * the person need not be the one that failed.
 */
export function candidatesOf({ users, providers, outcomes }: SignInFilters): Candidates {
  if (users !== undefined) return ofUsers(users)
  const ofOutcomes = outcomes as readonly Outcome[] | undefined
  if (ofOutcomes?.every((outcome) => outcome === 'failure' || outcome === 'challenge')) return withOutcomes(ofOutcomes)
  if (providers !== undefined) return ofProviders(providers)
  if (ofOutcomes !== undefined && !ofOutcomes.includes('unknown')) return withOutcomes(ofOutcomes)
  return { alternatives: [{ fields: [] }], matches: () => true }
}

/** Whether a sign-in with these steps has what the request selects, but for its outcome. */
export function selects({ users, providers }: SignInFilters, steps: readonly ApiRecord[]): boolean {
  return (
    (users === undefined || steps.some(ofUsers(users).matches)) &&
    (providers === undefined || steps.some(ofProviders(providers).matches))
  )
}

function ofUsers(users: readonly string[]): Candidates {
  const caseless = [...new Set(users.map((user) => user.toLowerCase()))]
  const byId: FieldFilter = { field: 'user_id', parameter: 'user_id', values: users }
  const byName: FieldFilter = {
    field: 'upstream_user_id',
    parameter: 'upstream_user_id',
    values: caseless,
    match: 'caseless',
  }
  return {
    alternatives: [{ fields: [byId] }, { fields: [byName] }],
    matches: ({ user_id = '', upstream_user_id = '' }) =>
      users.includes(String(user_id)) || caseless.includes(String(upstream_user_id).toLowerCase()),
  }
}

function ofProviders(providers: readonly string[]): Candidates {
  return {
    alternatives: [{ fields: [{ field: 'upstream_idp', parameter: 'upstream_idp', values: providers }] }],
    matches: ({ upstream_idp = '' }) => providers.includes(String(upstream_idp)),
  }
}

function withOutcomes(outcomes: readonly Outcome[]): Candidates {
  return {
    alternatives: [{ fields: [], outcomes }],
    matches: ({ outcome }) => outcomes.some((each) => each === outcome),
  }
}
