import { type JsonField, type JsonObject, readJsonText } from '../../../schemas/streams/index.js'
import { shortenedJsonText } from '../../../schemas/streams/shorten_json.js'
import { type Found, REDACTED } from './kinds.js'
import { redact } from './redact.js'

/** How the texts of an object are judged. */
export interface Judges {
  readonly found: Found
  /** What hooks make of a text. */
  readonly hooked: (text: string) => string
  readonly isPassword: (userName: string) => boolean
}

/** A member with the name that somebody typed at a sign-in, as authentik's context has it. */
const USER_NAME = 'username'
/** A member that says that there is such a user. */
const USER_ID = 'pk'

/**
 * Redacts the text of a JSON field at any depth, keys and values. The marks that replace secrets may be longer than
 * they are; then the object is shortened until it fits.
 */
export function redactJsonField(text: string, bounds: JsonField, judges: Judges): string {
  const value = redact(readJsonText(text) ?? {}, judges.found)
  return shortenedJsonText(judged(value, judges) as JsonObject, bounds)
}

function judged(value: unknown, judges: Judges): unknown {
  if (typeof value === 'string') return judges.hooked(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => judged(each, judges))
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      judges.hooked(key),
      key === USER_NAME && !(USER_ID in value) && isPasswordTyped(each, judges) ? REDACTED : judged(each, judges),
    ]),
  )
}

function isPasswordTyped(name: unknown, { found, isPassword }: Judges): boolean {
  if (typeof name !== 'string' || name === REDACTED || !passesFor(name, isPassword)) return false
  found('user_name')
  return true
}

/** A judge that throws hides the name. */
function passesFor(name: string, isPassword: Judges['isPassword']): boolean {
  try {
    return isPassword(name)
  } catch {
    return true
  }
}
