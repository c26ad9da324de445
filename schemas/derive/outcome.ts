import { OUTCOMES, type Outcome, type OutcomeRule, type Stream } from '../streams/index.js'

/** A rule as both the service and the database can decide by it: each field's text, its letters A to Z made small, matches the expression. */
export interface CompiledRule {
  readonly outcome: Outcome
  readonly conditions: readonly {
    readonly field: string
    /** A regular expression in the form that JavaScript (with the flag `s`) and RE2 (with `(?s)`) read alike. */
    readonly expression: string
  }[]
}

/** The rules of a stream, compiled; of a stream without, none. */
export function compiledRules({ outcomes = [] }: Stream): readonly CompiledRule[] {
  return outcomes.map(({ outcome, when }) => ({
    outcome,
    conditions: Object.entries(when).map(([field, words]) => ({ field, expression: expressionOf(words) })),
  }))
}

/** What tells the outcome of a stream's records, or undefined where the stream has no rules. */
export function outcomeOf(stream: Stream): ((record: Readonly<Record<string, unknown>>) => Outcome) | undefined {
  if (stream.outcomes === undefined) return undefined
  const rules = compiledRules(stream).map(({ outcome, conditions }) => ({
    outcome,
    conditions: conditions.map(({ field, expression }) => ({ field, expression: new RegExp(expression, 's') })),
  }))
  return (record) => {
    const fits = ({ field, expression }: { field: string; expression: RegExp }) => {
      const text = record[field]
      return typeof text === 'string' && expression.test(small(text))
    }
    return rules.find(({ conditions }) => conditions.every(fits))?.outcome ?? 'unknown'
  }
}

/** The parameter that filters on the outcome, of a stream that has outcomes. */
export function outcomeParameter({ outcomes }: Stream) {
  if (outcomes === undefined) return []
  const doc =
    'Whether what the record tells of worked: `success`, `failure`, `challenge` (it goes on once somebody has given more) or ' +
    '`unknown`. Derived from the other fields by rules; see docs/outcomes.md.'
  return [{ kind: 'outcome', name: 'outcome', doc, example: 'failure' } as const]
}

/** The outcome that a caller names, in any case, or undefined. */
export function outcomeNamed(text: string): Outcome | undefined {
  return OUTCOMES.find((outcome) => outcome === small(text))
}

/** Streams with rules put before their own, by the stream's name. */
export function withOutcomeRules(
  streams: readonly Stream[],
  rules: Readonly<Record<string, readonly OutcomeRule[]>>,
): readonly Stream[] {
  return streams.map((stream) => {
    const further = rules[stream.name] ?? []
    return further.length === 0 ? stream : { ...stream, outcomes: [...further, ...(stream.outcomes ?? [])] }
  })
}

/** Only A to Z: what else counts as the same letter differs between Unicode's versions, and so between a service and its database. */
function small(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function expressionOf(words: readonly string[]): string {
  return `^(?:${words.map(wordExpression).join('|')})$`
}

function wordExpression(word: string): string {
  // Any text, but some: an absent field is empty text in the database.
  if (/^\*+$/.test(word)) return '.+'
  return small(word)
    .split(/\*+/)
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*')
}
