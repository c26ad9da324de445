import { TupleParam } from '@clickhouse/client'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import type { Combinations, FieldFilter, Filters } from '../../parameters/filters.js'
import { containsPattern } from './contains_pattern.js'
import { outcomeCondition } from './outcome_condition.js'
import type { SqlFragment } from './sql_fragment.js'
import { OWN, ownOrganizations, tenancyConditions } from './tenancy.js'
import { type ComparedValues, tenantIndexHint } from './tenant_index.js'
import { timeConditions } from './time_conditions.js'

/** The conditions that a record matches the filters and that the principal may read it. All must hold. */
export function recordConditions(stream: Stream, filters: Filters, principal: Principal): readonly SqlFragment[] {
  return [
    ...timeConditions(filters),
    ...filterConditions(stream, filters, principal),
    ...tenancyConditions(stream, principal),
  ]
}

/** The conditions that a record matches the filters, whatever its time. */
export function filterConditions(stream: Stream, filters: Filters, principal: Principal): readonly SqlFragment[] {
  return [
    ...filters.fields.map((filter) => hinted(stream, principal, fieldCondition(filter))),
    ...outcomeCondition(stream, filters.outcomes),
    ...combinationConditions(filters.combinations).map((condition) => hinted(stream, principal, condition)),
  ]
}

/** Several conditions as one `WHERE` clause; empty text where there are none. */
export function whereClause(conditions: readonly SqlFragment[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join('\n  AND ')}`
}

/** A condition, and what it compares with values. */
interface Comparison extends SqlFragment {
  readonly compared: readonly ComparedValues[]
}

export function fieldCondition({ field, parameter, values, match }: FieldFilter): Comparison {
  if (match === 'contains') {
    const params = { [parameter]: containsPattern(values) }
    return { sql: `match(${field}, {${parameter}:String})`, params, compared: [] }
  }
  const [first] = values
  if (match !== 'id' && values.length === 1) {
    const value = `{${parameter}:String}`
    const compared = [{ column: field, array: `[${value}]`, count: 1 }]
    return { sql: `${field} = ${value}`, params: { [parameter]: first }, compared }
  }
  const array = `{${parameter}:Array(${match === 'id' ? 'UUID' : 'String'})}`
  const compared = [{ column: field, array, count: values.length }]
  return { sql: `${field} IN ${array}`, params: { [parameter]: values }, compared }
}

function combinationConditions(combinations: Combinations | undefined): readonly Comparison[] {
  if (combinations === undefined) return []
  const { fields, values } = combinations
  const type = `Array(Tuple(${fields.map(() => 'String').join(', ')}))`
  return [
    {
      sql: `(${fields.join(', ')}) IN {combinations:${type}}`,
      params: { combinations: values.map((combination) => new TupleParam(combination)) },
      compared: fields.map((column, index) => ({
        column,
        array: `arrayMap(combination -> combination.${index + 1}, {combinations:${type}})`,
        count: new Set(values.map((combination) => combination[index])).size,
      })),
    },
  ]
}

/** A condition with the hints by which a principal of some organizations skips granules. */
function hinted(stream: Stream, { organizations }: Principal, { sql, params, compared }: Comparison): SqlFragment {
  if (organizations === 'all') return { sql, params }
  const own = { array: OWN, count: ownOrganizations(organizations).length }
  const hints = compared.flatMap((values) => tenantIndexHint(stream, own, values) ?? [])
  return { sql: [sql, ...hints].join(' AND '), params }
}
