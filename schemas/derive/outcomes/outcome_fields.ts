import type { Stream } from '../../streams/index.js'
import { compiledRules } from './outcome.js'

/** The fields that built-in rules decide by. The tables have projections of them. */
export const OUTCOME_FIELDS = ['stage', 'event', 'result'] as const

/** Whether a stream has outcomes, and rules that look at no other field; configured rules may name others. */
export function hasOutcomesByFields(stream: Stream): boolean {
  const fields: readonly string[] = OUTCOME_FIELDS
  return (
    stream.outcomes !== undefined &&
    compiledRules(stream).every(({ conditions }) => conditions.every(({ field }) => fields.includes(field)))
  )
}
