import { comparedSql } from '../../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Criterion, TextCriterion } from '../../parameters/criteria.js'
import { containsPattern } from './contains_pattern.js'
import { kindCondition, outcomeCondition } from './outcome_condition.js'
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
    // Each fragment names its texts in the same way, and the list of what is allowed by itself.
    if ('kinds' in of) return derived(kindCondition(stream, of.kinds), 'kinds')
    if ('outcomes' in of) return derived(outcomeCondition(stream, of.outcomes), 'outcome')
    const value = of.test === 'contains' ? containsPattern([of.value]) : of.value
    return textSql(of, parameter(value, of.test === 'id' ? 'UUID' : 'String'))
  }

  function joined(parts: readonly Criterion[], operator: string, none: string): string {
    return parts.length === 0 ? none : `(${parts.map(sqlOf).join(operator)})`
  }

  function derived([fragment]: readonly SqlFragment[], allowed: string): string {
    if (fragment === undefined) return 'true'
    const { [allowed]: values, ...others } = fragment.params
    const own = `criterion_${named++}`
    Object.assign(params, others, { [own]: values })
    return `(${fragment.sql.replace(`{${allowed}:`, `{${own}:`)})`
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
