import { z } from 'zod'
import { isAbsent } from '../../../schemas/streams/absent.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { ShapeError } from './source.js'

/** Text that a provider leaves out, or sends as null or empty text, when it has none. */
export const optionalText = z
  .string()
  .nullish()
  .transform((given) => given || undefined)

/** Text or a number that a provider sends for an id. */
export const optionalId = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((given) => (isAbsent(given) ? undefined : String(given)))

/** A part that a provider leaves out or sends as null; its own parts are absent then. */
export function optionalPart<S extends z.ZodObject>(schema: S) {
  return schema.nullish().transform((given): Partial<z.output<S>> => given ?? {})
}

/** Words as a stage: `auth_via_mfa` is `Auth via mfa`. */
export function stageOf(name: string): string {
  const words = name.replace(/[._]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * The moment of a time as a provider writes it, to the millisecond, for the `event_id`.
 *
 * @throws {ShapeError} when it is not RFC 3339, or before 1970
 */
export function momentOf(name: string, text: string): Date {
  const micros = microsFromRfc3339(text)
  if (micros === undefined || micros < 0n) throw new ShapeError([`${name}: must be RFC 3339, and not before 1970`])
  return new Date(Number(micros / 1_000n))
}
