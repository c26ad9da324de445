import { compiledRules } from '../../../schemas/derive/outcome.js'
import type { Outcome, Stream } from '../../../schemas/streams/index.js'

/** A part of a statement, and the values bound to it. */
interface Bound {
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * The outcome of a row, as an expression: the same rules that `outcomeOf` applies to a record. Words are bound, never a part of the
 * statement; fields are those of the declaration. A column of low cardinality is matched once for each distinct value of a block.
 */
export function outcomeExpression(stream: Stream): Bound {
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

/** The condition that a row has one of the outcomes; none where none is asked for. */
export function outcomeCondition(stream: Stream, outcomes: readonly Outcome[] | undefined): Bound[] {
  if (outcomes === undefined) return []
  const { sql, params } = outcomeExpression(stream)
  return [{ sql: `${sql} IN {outcome:Array(String)}`, params: { ...params, outcome: outcomes } }]
}
