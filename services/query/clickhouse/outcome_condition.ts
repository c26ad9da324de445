import { compiledRules } from '../../../schemas/derive/outcome.js'
import type { Outcome, Stream } from '../../../schemas/streams/index.js'
import type { SqlFragment } from './sql_fragment.js'

/**
 * The outcome of a row, as an expression: the same rules that `outcomeOf` applies to a record. Patterns are parameters,
 * never part of the statement; fields are those of the declaration. A column of low cardinality is matched once for
 * each distinct value of a block.
 */
export function outcomeExpression(stream: Stream): SqlFragment {
  const params: Record<string, string> = {}
  const bind = (name: string, value: string): string => {
    params[name] = value
    return `{${name}:String}`
  }
  const branches = compiledRules(stream).flatMap(({ outcome, conditions }, rule) => {
    const matches = conditions.map(({ field, expression }) => {
      return `match(lower(${field}), ${bind(`outcome_${rule}_${field}`, `(?s)${expression}`)})`
    })
    return [matches.join(' AND '), bind(`outcome_${rule}`, outcome)]
  })
  const otherwise = bind('outcome_otherwise', 'unknown')
  // Without a condition, multiIf would lack arguments.
  return { sql: branches.length === 0 ? otherwise : `multiIf(${[...branches, otherwise].join(', ')})`, params }
}

/** The condition that a row has one of the outcomes; none where the request names no outcome. */
export function outcomeCondition(stream: Stream, outcomes: readonly Outcome[] | undefined): readonly SqlFragment[] {
  if (outcomes === undefined) return []
  const { sql, params } = outcomeExpression(stream)
  return [{ sql: `${sql} IN {outcome:Array(String)}`, params: { ...params, outcome: outcomes } }]
}
