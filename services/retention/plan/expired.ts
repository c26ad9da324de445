import { TupleParam } from '@clickhouse/client'
import { personExpressions } from '../../../schemas/derive/persons.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Hold } from '../settings/holds.js'
import type { Periods } from '../settings/periods.js'

/** A condition and the parameters that it names. No text of a setting is ever part of the SQL. */
export interface Condition {
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

/** What decides whether a record goes. */
export interface Policy {
  readonly periods: Periods
  readonly holds: readonly Hold[]
}

/**
 * The condition that a record of a day goes; undefined where none of that day does. `age` is how many days ago the day
 * was. A record goes when its day lies longer ago than the period of each organization that it names, and no hold
 * covers it.
 */
export function expiredCondition(stream: Stream, { periods, holds }: Policy, age: number): Condition | undefined {
  const beyond = beyondPeriods(stream, periods, age)
  if (beyond === undefined) return undefined
  const all = [...beyond, ...notHeld(stream, holds)]
  return {
    sql: all.length === 0 ? 'true' : all.map(({ sql }) => sql).join(' AND '),
    params: Object.assign({}, ...all.map(({ params }) => params)),
  }
}

/** The shortest period: of younger days, nothing goes. */
export function shortestPeriod({ standard, own }: Periods): number {
  return Math.min(standard, ...own.values())
}

function beyondPeriods({ organizations }: Stream, { standard, own }: Periods, age: number): Condition[] | undefined {
  const kept = [...own].filter(([, days]) => days >= age).map(([organization]) => organization)
  if (standard < age) {
    if (kept.length === 0) return []
    return [{ sql: `NOT (${oneOf(organizations, 'kept', ' OR ')})`, params: { kept } }]
  }
  const expired = [...own.keys()].filter((organization) => !kept.includes(organization))
  if (expired.length === 0) return undefined
  // An absent organization keeps nothing, but a record that names none has the standard period.
  const named = organizations.map((field) => `${field} != ''`).join(' OR ')
  return [{ sql: `${oneOf(organizations, 'expired', ' AND ')} AND (${named})`, params: { expired: [...expired, ''] } }]
}

function oneOf(fields: readonly string[], parameter: string, joint: string): string {
  return fields.map((field) => `${field} IN {${parameter}:Array(String)}`).join(joint)
}

function notHeld(stream: Stream, holds: readonly Hold[]): readonly Condition[] {
  const persons = personExpressions(stream)
  const { organizations } = stream
  const ofOrganizations = holds.filter(({ person }) => person === '').map(({ organization }) => organization)
  const ofPersons = holds.filter(({ organization }) => organization === '').map(({ person }) => person)
  const pairs = holds
    .filter(({ person, organization }) => person !== '' && organization !== '')
    .map(({ person, organization }) => new TupleParam([organization, person]))
  const pair = (organization: string, person: string) =>
    `(${organization}, ${person}) IN {held_pairs:Array(Tuple(String, String))}`
  return [
    ...held(ofOrganizations, 'held_organizations', oneOf(organizations, 'held_organizations', ' OR ')),
    ...held(ofPersons, 'held_persons', oneOf(persons, 'held_persons', ' OR ')),
    ...held(
      pairs,
      'held_pairs',
      organizations.flatMap((each) => persons.map((person) => pair(each, person))).join(' OR '),
    ),
  ]
}

function held(values: readonly unknown[], parameter: string, sql: string): readonly Condition[] {
  return values.length === 0 || sql === '' ? [] : [{ sql: `NOT (${sql})`, params: { [parameter]: values } }]
}
