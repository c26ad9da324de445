import type { Stream } from '../../../schemas/streams/index.js'
import { fieldText } from '../record/field_text.js'
import { activeTraceId } from './active_trace.js'
import { type Attempt, currentAttempt } from './attempt.js'

type Fields = Readonly<Record<string, string>>

/** Where a record's `trace_id` and `session` come from if it has none. */
export type Context = () => Attempt

/** The attempt that the code runs in, or else the active OpenTelemetry trace. */
export const activeContext: Context = () => {
  const attempt = currentAttempt()
  return attempt.trace_id === undefined ? { ...attempt, trace_id: activeTraceId() } : attempt
}

/** No context: for programs that emit other people's sign-ins, as a collector does. */
export const noContext: Context = () => ({})

/**
 * Returns the function that adds what a record lacks. It never throws: a context that fails, or a value that could not
 * be stored, is left out.
 */
export function contextFiller(stream: Stream, context: Context): (fields: Fields) => Fields {
  const declared = stream.fields.filter(({ name }) => name === 'trace_id' || name === 'session')
  return (fields) => {
    let filled: Record<string, string> | undefined
    try {
      const attempt: Readonly<Record<string, unknown>> = { ...context() }
      for (const field of declared) {
        if (fields[field.name] !== undefined || attempt[field.name] === undefined) continue
        const text = fieldText(field, () => attempt[field.name])
        if (!('text' in text) || text.text === '') continue
        filled ??= { ...fields }
        filled[field.name] = text.text
      }
    } catch {
      // The record goes out without it.
    }
    return filled ?? fields
  }
}
