import { TupleParam } from '@clickhouse/client'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { Combinations, FieldFilter, Filters } from '../parameters/filters.js'
import { outcomeCondition } from './outcome_condition.js'
import type { SqlFragment } from './sql_fragment.js'
import { tenancyConditions } from './tenancy.js'
import { timeConditions } from './time_conditions.js'

/** The conditions that a record matches the filters and that the principal may read it. All must hold. */
export function recordConditions(stream: Stream, filters: Filters, principal: Principal): readonly SqlFragment[] {
  return [...timeConditions(filters), ...timelessConditions(stream, filters, principal)]
}

/** The same without the bounds of the time. */
export function timelessConditions(stream: Stream, filters: Filters, principal: Principal): readonly SqlFragment[] {
  return [
    ...filters.fields.map(fieldCondition),
    ...outcomeCondition(stream, filters.outcomes),
    ...combinationCondition(filters.combinations),
    ...tenancyConditions(stream, principal),
  ]
}

/** Several conditions as one `WHERE` clause; empty text where there are none. */
export function whereClause(conditions: readonly SqlFragment[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join('\n  AND ')}`
}

export function fieldCondition({ field, parameter, values, match }: FieldFilter): SqlFragment {
  const anyOf = { [parameter]: values }
  if (match === 'id') return { sql: `${field} IN {${parameter}:Array(UUID)}`, params: anyOf }
  if (match === 'contains') {
    return { sql: `multiSearchAnyCaseInsensitiveUTF8(${field}, {${parameter}:Array(String)})`, params: anyOf }
  }
  return values.length === 1
    ? { sql: `${field} = {${parameter}:String}`, params: { [parameter]: values[0] } }
    : { sql: `${field} IN {${parameter}:Array(String)}`, params: anyOf }
}

function combinationCondition(combinations: Combinations | undefined): readonly SqlFragment[] {
  if (combinations === undefined) return []
  const { fields, values } = combinations
  const type = `Array(Tuple(${fields.map(() => 'String').join(', ')}))`
  return [
    {
      sql: `(${fields.join(', ')}) IN {combinations:${type}}`,
      params: { combinations: values.map((combination) => new TupleParam(combination)) },
    },
  ]
}
