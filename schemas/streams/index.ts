import { authAudits } from './auth_audits.js'
import type { Stream } from './stream.js'

export { authAudits } from './auth_audits.js'
export * from './stream.js'

/** Every stream that Gatelog carries. */
export const streams: readonly Stream[] = [authAudits]

/** The stream called `name`, or undefined. */
export function streamNamed(name: string): Stream | undefined {
  return streams.find((stream) => stream.name === name)
}

/** The names of a stream's own fields, as a type. */
export type FieldName<S extends Stream> = S['fields'][number]['name']

/**
 * A record of a stream as a caller gives it: every field may be left out. `time` is RFC 3339 text, a Date, or left out for the
 * moment of emission; `event_id` is a UUID, or left out for a new UUIDv7.
 */
export type RecordOf<S extends Stream> = {
  readonly [K in FieldName<S>]?: string | undefined
} & { readonly time?: string | Date | undefined; readonly event_id?: string | undefined }

/** One stage of an authentication, as emitted. */
export type AuthAudit = RecordOf<typeof authAudits>
