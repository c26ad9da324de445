import { eventKindSql } from '../../../../schemas/derive/outcomes/event_kind.js'
import { outcomeSql } from '../../../../schemas/derive/outcomes/outcome.js'
import { perStream } from '../../../../schemas/derive/per_stream.js'
import type { EventKind, Outcome, Stream } from '../../../../schemas/streams/index.js'
import type { SqlFragment } from './sql_fragment.js'

/** Writes the SQL of what rules derive from a record; `literal` returns the SQL of a text. */
type Writer = (stream: Stream, literal: (text: string, name: string) => string) => string

/** The outcome of a row as an expression. Patterns are parameters, never part of the statement. */
export const outcomeExpression = writtenOnce(outcomeSql)

/** The same for the kind of a row. */
export const kindExpression = writtenOnce(eventKindSql)

/** A stream has a hundred patterns. To write them for each request would be half of the work of an export's start. */
function writtenOnce(write: Writer): (stream: Stream) => SqlFragment {
  return perStream((stream) => {
    const params: Record<string, string> = {}
    const sql = write(stream, (text, name) => {
      params[name] = text
      return `{${name}:String}`
    })
    return { sql, params }
  })
}

/** The condition that a row has one of the outcomes; none where the request names no outcome. */
export function outcomeCondition(stream: Stream, outcomes: readonly Outcome[] | undefined): readonly SqlFragment[] {
  return outcomes === undefined ? [] : [isOneOf(outcomeExpression(stream), outcomes, 'outcome')]
}

/** The condition that a row has one of the kinds; none where the request names no kind. */
export function kindCondition(stream: Stream, kinds: readonly EventKind[] | undefined): readonly SqlFragment[] {
  return kinds === undefined ? [] : [isOneOf(kindExpression(stream), kinds, 'kinds')]
}

/** The condition that an expression has one of the values, which have the parameter of that name. */
export function isOneOf({ sql, params }: SqlFragment, values: readonly string[], parameter: string): SqlFragment {
  return { sql: `${sql} IN {${parameter}:Array(String)}`, params: { ...params, [parameter]: values } }
}
