import type { EventKind, EventKindRule, Outcome, Stream } from '../../streams/index.js'
import { perStream } from '../per_stream.js'
import { outcomeOf, outcomeSql } from './outcome.js'
import { OUTCOME_FIELDS } from './outcome_fields.js'
import { type PatternCondition, patternConditions, patternMatcher, patternSql } from './text_pattern.js'

interface CompiledRule {
  readonly kind: EventKind
  readonly conditions: readonly PatternCondition[]
  readonly outcomes: readonly Outcome[] | undefined
}

function compiledRules({ eventKinds = [] }: Stream): readonly CompiledRule[] {
  return eventKinds.map(({ kind, when = {}, outcomes }) => ({ kind, conditions: patternConditions(when), outcomes }))
}

/** The function that gives the kind of a stream's records, or undefined if the stream has no kinds. */
export const eventKindOf = perStream((stream): EventKindOf | undefined => {
  const outcome = outcomeOf(stream)
  if (stream.eventKinds === undefined || outcome === undefined) return undefined
  const rules = compiledRules(stream).map(({ conditions, ...rule }) => ({
    ...rule,
    matches: patternMatcher(conditions),
  }))
  return (record) => {
    const own = outcome(record)
    const found = rules.find(({ matches, outcomes }) => (outcomes?.includes(own) ?? true) && matches(record))
    return found?.kind ?? 'other'
  }
})

type EventKindOf = (record: Readonly<Record<string, unknown>>) => EventKind

/** The kind of a row as a SQL expression, by the same rules. `literal` is as for `patternSql`. */
export function eventKindSql(stream: Stream, literal: (text: string, name: string) => string): string {
  const otherwise = literal('other', 'kind_otherwise')
  const branches = compiledRules(stream).flatMap(({ kind, conditions, outcomes }, rule) => {
    const own = outcomes?.map((outcome, index) => literal(outcome, `kind_${rule}_outcome_${index}`))
    const all = [
      ...patternSql(conditions, `kind_${rule}`, literal),
      ...(own === undefined ? [] : [`${outcomeSql(stream, literal)} IN (${own.join(', ')})`]),
    ]
    return [all.length === 0 ? 'true' : all.join(' AND '), literal(kind, `kind_${rule}`)]
  })
  return branches.length === 0 ? otherwise : `multiIf(${[...branches, otherwise].join(', ')})`
}

/** Whether the rules for kinds look at no field that those for outcomes don't; configured rules may. */
export function hasKindsByFields(stream: Stream): boolean {
  const fields: readonly string[] = OUTCOME_FIELDS
  return compiledRules(stream).every(({ conditions }) => conditions.every(({ field }) => fields.includes(field)))
}

/** The streams with further rules before their own, by the stream's name. */
export function withEventKindRules(
  streams: readonly Stream[],
  rules: Readonly<Record<string, readonly EventKindRule[]>>,
): readonly Stream[] {
  return streams.map((stream) => {
    const further = rules[stream.name] ?? []
    return further.length === 0 ? stream : { ...stream, eventKinds: [...further, ...(stream.eventKinds ?? [])] }
  })
}
