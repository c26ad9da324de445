import { OUTCOMES, type Outcome, type OutcomeRule, type Stream } from '../../streams/index.js'
import { perStream } from '../per_stream.js'
import { lowerAscii, type PatternCondition, patternConditions, patternMatcher, patternSql } from './text_pattern.js'

/** A rule that both the service and ClickHouse can evaluate: all of its conditions hold. */
export interface CompiledRule {
  readonly outcome: Outcome
  readonly conditions: readonly PatternCondition[]
}

/** Compiles the rules of a stream. A stream without outcomes has none. */
export function compiledRules({ outcomes = [] }: Stream): readonly CompiledRule[] {
  return outcomes.map(({ outcome, when }) => ({ outcome, conditions: patternConditions(when) }))
}

/** The function that gives the outcome of a stream's records, or undefined if the stream has no outcomes. */
export const outcomeOf = perStream((stream): OutcomeOf | undefined => {
  if (stream.outcomes === undefined) return undefined
  const rules = compiledRules(stream).map(({ outcome, conditions }) => ({
    outcome,
    matches: patternMatcher(conditions),
  }))
  return (record) => rules.find(({ matches }) => matches(record))?.outcome ?? 'unknown'
})

type OutcomeOf = (record: Readonly<Record<string, unknown>>) => Outcome

/**
 * The outcome of a row as a SQL expression, by the same rules as `outcomeOf`. `literal` is as for `patternSql`.
 */
export function outcomeSql(stream: Stream, literal: (text: string, name: string) => string): string {
  const branches = compiledRules(stream).flatMap(({ outcome, conditions }, rule) => [
    patternSql(conditions, `outcome_${rule}`, literal).join(' AND '),
    literal(outcome, `outcome_${rule}`),
  ])
  const otherwise = literal('unknown', 'outcome_otherwise')
  // Without a condition, multiIf would lack arguments.
  return branches.length === 0 ? otherwise : `multiIf(${[...branches, otherwise].join(', ')})`
}

/** The parameter that filters on the outcome, if the stream has outcomes. */
export function outcomeParameter({ outcomes }: Stream) {
  if (outcomes === undefined) return []
  const doc =
    'The outcome of the step that the record describes: `success`, `failure`, `challenge` (it waits for more input) or `unknown`. ' +
    'Derived from the other fields by the rules in docs/outcomes.md.'
  return [{ kind: 'outcome', name: 'outcome', doc, example: 'failure' } as const]
}

/** Parses the name of an outcome in upper or lower case; undefined if there is none of that name. */
export function outcomeNamed(text: string): Outcome | undefined {
  return OUTCOMES.find((outcome) => outcome === lowerAscii(text))
}

/** The streams with further rules before their own, by the stream's name. */
export function withOutcomeRules(
  streams: readonly Stream[],
  rules: Readonly<Record<string, readonly OutcomeRule[]>>,
): readonly Stream[] {
  return streams.map((stream) => {
    const further = rules[stream.name] ?? []
    return further.length === 0 ? stream : { ...stream, outcomes: [...further, ...(stream.outcomes ?? [])] }
  })
}
