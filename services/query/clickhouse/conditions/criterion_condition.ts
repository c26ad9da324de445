import { comparedSql } from '../../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Criterion, TextCriterion } from '../../parameters/criteria.js'
import { containsPattern } from './contains_pattern.js'
import { isOneOf, kindExpression, outcomeExpression } from './outcome_condition.js'
import type { SqlFragment } from './sql_fragment.js'

/** The condition that a row meets a criterion; none where there is no criterion. */
export function criterionConditions(stream: Stream, criterion: Criterion | undefined): readonly SqlFragment[] {
  if (criterion === undefined) return []
  const params: Record<string, unknown> = {}
  let named = 0
  return [{ sql: sqlOf(criterion), params }]

  function sqlOf(of: Criterion): string {
    if ('all' in of) return joined(of.all, ' AND ', 'true')
    if ('any' in of) return joined(of.any, ' OR ', 'false')
    if ('not' in of) return `NOT ${sqlOf(of.not)}`
    if ('kinds' in of) return derived(kindExpression(stream), of.kinds)
    if ('outcomes' in of) return derived(outcomeExpression(stream), of.outcomes)
    const value = of.test === 'contains' ? containsPattern([of.value]) : of.value
    return textSql(of, parameter(value, of.test === 'id' ? 'UUID' : 'String'))
  }

  function joined(parts: readonly Criterion[], operator: string, none: string): string {
    return parts.length === 0 ? none : `(${parts.map(sqlOf).join(operator)})`
  }

  /** The patterns of an expression have the same names wherever it stands. */
  function derived(expression: SqlFragment, values: readonly string[]): string {
    const fragment = isOneOf(expression, values, `criterion_${named++}`)
    Object.assign(params, fragment.params)
    return `(${fragment.sql})`
  }

  function parameter(text: string, type: string): string {
    const name = `criterion_${named++}`
    params[name] = text
    return `{${name}:${type}}`
  }
}

function textSql({ field, test, caseless = false }: TextCriterion, value: string): string {
  const text = comparedSql(field, caseless ? 'caseless' : undefined)
  switch (test) {
    case 'equals':
    case 'id':
      return `${text} = ${value}`
    case 'begins':
      return `startsWith(${text}, ${value})`
    case 'contains':
    case 'matches':
      return `match(${text}, ${value})`
  }
}
