import { outcomeSql } from '../../../../schemas/derive/outcomes/outcome.js'
import type { Outcome, Stream } from '../../../../schemas/streams/index.js'
import type { SqlFragment } from './sql_fragment.js'

/** A stream has a hundred patterns. To write them for each request would be half of the work of an export's start. */
const expressions = new WeakMap<Stream, SqlFragment>()

/** The outcome of a row as an expression. Patterns are parameters, never part of the statement. */
export function outcomeExpression(stream: Stream): SqlFragment {
  const known = expressions.get(stream)
  if (known !== undefined) return known
  const expression = compose(stream)
  expressions.set(stream, expression)
  return expression
}

function compose(stream: Stream): SqlFragment {
  const params: Record<string, string> = {}
  const sql = outcomeSql(stream, (text, name) => {
    params[name] = text
    return `{${name}:String}`
  })
  return { sql, params }
}

/** The condition that a row has one of the outcomes; none where the request names no outcome. */
export function outcomeCondition(stream: Stream, outcomes: readonly Outcome[] | undefined): readonly SqlFragment[] {
  if (outcomes === undefined) return []
  const { sql, params } = outcomeExpression(stream)
  return [{ sql: `${sql} IN {outcome:Array(String)}`, params: { ...params, outcome: outcomes } }]
}
