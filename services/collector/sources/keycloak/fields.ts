import { z } from 'zod'

/** Keycloak leaves out unknown values, or writes null, empty text, or the word `null`. All of them are absent. */
export const text = z
  .string()
  .nullish()
  .transform((given) => (given === 'null' ? undefined : given || undefined))

export const time = z
  .int('must be a whole number of milliseconds since 1970')
  .min(0, 'must not be before 1970')
  // Milliseconds until the year 2286: whatever is larger was sent in microseconds or nanoseconds.
  .max(9_999_999_999_999, 'must be in milliseconds, not in anything finer')

/**
 * The id of a session, or undefined. After a failed code exchange Keycloak puts the payload of a token there; no part
 * of that is kept.
 */
export function sessionId(given: string | undefined): string | undefined {
  return given !== undefined && given.length <= MAX_ID_LENGTH && /^[A-Za-z0-9._-]+$/.test(given) && !/^eyJ/.test(given)
    ? given
    : undefined
}

const MAX_ID_LENGTH = 64
