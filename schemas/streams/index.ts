import { audits } from './audits.js'
import { authAudits } from './auth_audits.js'
import { events } from './events/index.js'
import type { JsonObject } from './json_text.js'
import type { ListPart, Stream } from './stream.js'

export { audits } from './audits.js'
export { authAudits } from './auth_audits.js'
export * from './event_kind.js'
export { events } from './events/index.js'
export * from './json_text.js'
export * from './list_text.js'
export * from './ocsf.js'
export * from './outcome.js'
export * from './stream.js'

/** Every stream that Gatelog carries. */
export const streams: readonly Stream[] = [authAudits, audits, events]

/** The stream called `name`, or undefined. */
export function streamNamed(name: string): Stream | undefined {
  return streams.find((stream) => stream.name === name)
}

/** The TypeScript type of a field: text, a list of entries, or an object of any shape. */
type ValueOf<F> = F extends { readonly list: infer L extends readonly ListPart[] }
  ? readonly { readonly [P in L[number]['name']]?: string | undefined }[]
  : F extends { readonly json: object }
    ? JsonObject
    : string

/** The fields of a record. For a stream that is known only at run time, anything: the emitter validates it. */
type FieldsOf<S extends Stream> = string extends S['fields'][number]['name']
  ? { readonly [field: string]: unknown }
  : { readonly [F in S['fields'][number] as F['name']]?: ValueOf<F> | undefined }

/**
 * A record as a caller passes it. Every field is optional. `time` is RFC 3339 text or a Date; the default is now.
 * `event_id` is a UUID; the default is a new UUIDv7.
 */
export type RecordOf<S extends Stream> = FieldsOf<S> & {
  readonly time?: string | Date | undefined
  readonly event_id?: string | undefined
}

/** One stage of an authentication, as emitted. */
export type AuthAudit = RecordOf<typeof authAudits>

/** One action, as emitted. */
export type Audit = RecordOf<typeof audits>

/** One event of an application, as emitted. */
export type ApplicationEvent = RecordOf<typeof events>
