import { TupleParam } from '@clickhouse/client'
import { comparedSql, type FilterIndex, pathIndex } from '../../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import { rangesBefore } from '../../changes/stream_position.js'
import type { Combinations, FieldFilter, Filters } from '../../parameters/filters.js'
import { containsPattern } from './contains_pattern.js'
import { criterionConditions } from './criterion_condition.js'
import { beforeEndOf } from './offset_conditions.js'
import { kindCondition, outcomeCondition } from './outcome_condition.js'
import { prefixCondition } from './prefix_condition.js'
import { rangeCondition } from './range_condition.js'
import { paramsOf, type SqlFragment } from './sql_fragment.js'
import { OWN, ownOrganizations, tenancyConditions } from './tenancy.js'
import { type Comparison, tenantIndexHint, valueIndexHint } from './tenant_index.js'
import { rangesCondition, timeConditions } from './time_conditions.js'

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
    ...rangesCondition(filters.ranges),
    ...filters.fields.map((filter) => hinted(stream, principal, fieldCondition(filter))),
    ...outcomeCondition(stream, filters.outcomes),
    ...kindCondition(stream, filters.kinds),
    ...criterionConditions(stream, filters.where),
    ...absentConditions(filters, principal),
    ...(filters.arrivedBefore === undefined ? [] : [beforeEndOf(rangesBefore(filters.arrivedBefore))]),
    ...combinationConditions(filters.combinations).map((condition) => hinted(stream, principal, condition)),
  ]
}

/** Records of one occurrence have the same time in both streams, so the other one is read between the same times. */
function absentConditions({ absentFrom, from, until }: Filters, principal: Principal): readonly SqlFragment[] {
  if (absentFrom === undefined) return []
  const times = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
  const other = [...timeConditions(times), ...tenancyConditions(absentFrom, principal)]
  const sql = `event_id NOT IN (SELECT event_id FROM ${absentFrom.name} ${whereClause(other)})`
  return [{ sql, params: paramsOf(other) }]
}

/** Several conditions as one `WHERE` clause; empty text where there are none. */
export function whereClause(conditions: readonly SqlFragment[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join('\n  AND ')}`
}

export function fieldCondition(filter: FieldFilter): Comparison {
  const matches = matchCondition(filter)
  // No index finds granules without a value, so an exclusion reads what the other conditions leave.
  return filter.excludes === true ? { ...matches, sql: `NOT (${matches.sql})`, compared: [] } : matches
}

function matchCondition({ field, path, parameter, values, match }: FieldFilter): Comparison {
  if (path !== undefined) return oneOf(pathIndex(field, path), { parameter, values, type: 'String' })
  switch (match) {
    case 'contains': {
      const params = { [parameter]: containsPattern(values) }
      return { sql: `match(${field}, {${parameter}:String})`, params, compared: [] }
    }
    case 'prefix':
      return prefixCondition(field, parameter, values)
    case 'range':
      return rangeCondition(field, parameter, values)
    case 'id':
      return oneOf({ name: field, values: [field] }, { parameter, values, type: 'UUID' })
    case 'caseless':
    case undefined:
      return oneOf({ name: field, values: [comparedSql(field, match)] }, { parameter, values, type: 'String' })
    default:
      throw new TypeError(`There is no match ${match satisfies never}.`)
  }
}

interface GivenValues {
  readonly parameter: string
  readonly values: readonly string[]
  readonly type: 'String' | 'UUID'
}

/** The condition that the expression of an index has one of the values. */
function oneOf(index: FilterIndex, { parameter, values, type }: GivenValues): Comparison {
  const [expression] = index.values
  const [first] = values
  if (type === 'String' && values.length === 1) {
    const value = `{${parameter}:String}`
    const compared = [{ index, array: `[${value}]`, count: 1 }]
    return { sql: `${expression} = ${value}`, params: { [parameter]: first }, compared }
  }
  const array = `{${parameter}:Array(${type})}`
  const compared = [{ index, array, count: values.length }]
  return { sql: `${expression} IN ${array}`, params: { [parameter]: values }, compared }
}

function combinationConditions(combinations: Combinations | undefined): readonly Comparison[] {
  if (combinations === undefined) return []
  const { fields, values } = combinations
  const type = `Array(Tuple(${fields.map(() => 'String').join(', ')}))`
  return [
    {
      sql: `(${fields.join(', ')}) IN {combinations:${type}}`,
      params: { combinations: values.map((combination) => new TupleParam(combination)) },
      compared: fields.map((name, index) => ({
        index: { name, values: [name] },
        array: `arrayMap(combination -> combination.${index + 1}, {combinations:${type}})`,
        count: new Set(values.map((combination) => combination[index])).size,
      })),
    },
  ]
}

/** A condition with the hints by which indexes skip granules. */
function hinted(stream: Stream, { organizations }: Principal, { sql, params, compared }: Comparison): SqlFragment {
  const hints = compared.flatMap((values) => {
    if (organizations === 'all') return valueIndexHint(values) ?? []
    return tenantIndexHint(stream, { array: OWN, count: ownOrganizations(organizations).length }, values) ?? []
  })
  return { sql: [sql, ...hints].join(' AND '), params }
}
