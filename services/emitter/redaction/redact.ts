import { isAbsent } from '../../../schemas/streams/absent.js'
import { forms } from './forms.js'
import { type Found, REDACTED } from './kinds.js'
import { createMarks } from './marks.js'
import { namedMarks, replaceNamed } from './named.js'
import { isBesideSecret, isSecretKey } from './secret_key.js'

export { REDACTED } from './kinds.js'

const ignore: Found = () => undefined

/** The marks of all secrets that text can have. JSON is among them: its names have quotes and a colon. */
export const secretMarks = createMarks([...forms.flatMap(({ marks }) => marks), ...namedMarks])

/** Deeper values are replaced as a whole: nobody nests so deep, and the walk must end. */
const MAX_DEPTH = 32

/**
 * Returns a copy of a JSON value without its secrets: values under a key that names one, at any depth, and texts that
 * look like one. JSON within text is searched too. Fields that identify a person are kept.
 */
export function redact(value: unknown, found: Found = ignore): unknown {
  return redactValue(value, { found, depth: 0, secret: false })
}

interface Place {
  readonly found: Found
  readonly depth: number
  /** Whether a key above names a secret. */
  readonly secret: boolean
}

function redactValue(value: unknown, place: Place): unknown {
  const { found, depth, secret } = place
  if (isAbsent(value) || value === REDACTED) return value
  if (typeof value !== 'object') {
    if (secret && typeof value !== 'boolean') return replaced(found)
    return typeof value === 'string' ? redactAt(value, found, depth) : value
  }
  if (depth >= MAX_DEPTH) return replaced(found)
  if (Array.isArray(value)) return value.map((entry) => redactValue(entry, { found, depth: depth + 1, secret }))
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      redactAt(key, found, depth),
      redactValue(entry, { found, depth: depth + 1, secret: secret ? !isBesideSecret(key) : isSecretKey(key) }),
    ]),
  )
}

function replaced(found: Found): string {
  found('key')
  return REDACTED
}

/** Returns text without what looks like a secret. */
export function redactText(text: string, found: Found = ignore): string {
  return redactAt(text, found, 0)
}

/** Room for the bytes of a text that is looked through. Longer texts are rare and get one of their own. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024)

function redactAt(text: string, found: Found, depth: number): string {
  if (!mayHaveSecret(text)) return text
  const json = depth < MAX_DEPTH ? jsonWithin(text) : undefined
  if (json !== undefined) {
    const [before, after] = [text.slice(0, json.from), text.slice(json.to)]
    const kept = redactJson(text.slice(json.from, json.to), json.value, found, depth + 1)
    return `${redactWords(before, found)}${kept}${redactWords(after, found)}`
  }
  return redactWords(text, found)
}

function redactWords(text: string, found: Found): string {
  let kept = text
  for (const { kind, pattern, replace } of forms) {
    kept = kept.replace(pattern, (...match) => {
      const left = replace(...(match as string[]))
      if (left !== undefined) found(kind)
      return left ?? (match[0] as string)
    })
  }
  return replaceNamed(kept, found)
}

/** Marks are ASCII, so that the low bytes of a text are enough: what looks like a mark only costs time. */
function mayHaveSecret(text: string): boolean {
  const bytes = text.length > scratch.length ? Buffer.from(text, 'latin1') : scratch
  const end = bytes === scratch ? scratch.write(text, 'latin1') : bytes.length
  return secretMarks.found(bytes, 0, end)
}

/** JSON that has no secret keeps its blanks and the form of its numbers. */
function redactJson(text: string, value: object, found: Found, depth: number): string {
  let secrets = 0
  const counted: Found = (kind) => {
    secrets++
    found(kind)
  }
  const kept = redactValue(value, { found: counted, depth, secret: false })
  return secrets === 0 ? text : JSON.stringify(kept)
}

/** The JSON object or list that is in a text, perhaps with words before and after it. */
function jsonWithin(text: string): { readonly value: object; readonly from: number; readonly to: number } | undefined {
  const from = text.search(/\{\s*"|\[\s*[{["]/)
  const to = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1
  if (from < 0 || to <= from) return undefined
  try {
    const value: unknown = JSON.parse(text.slice(from, to))
    return typeof value === 'object' && value !== null ? { value, from, to } : undefined
  } catch {
    return undefined
  }
}
