import {
  type Field,
  type ListEntry,
  type ListPart,
  listText,
  MAX_FIELD_BYTES,
  readListText,
  type Stream,
} from '../../../schemas/streams/index.js'
import { redactJsonField } from './json_field.js'
import { type Found, REDACTED } from './kinds.js'
import { replaceRandom } from './random_text.js'
import { redactText } from './redact.js'
import { looksLikePassword } from './user_name.js'

/** What an emitter's owner adds to the rules. */
export interface RedactionOptions {
  /**
   * Called with each text of a record, after the rules. Returns the text to store; the same text if it has no secret.
   * A hook that throws hides the text: nothing that it was to judge leaves unjudged.
   */
  readonly hooks?: readonly ((text: string, field: string) => string)[]
  /**
   * Whether the user name of a record without `user_id` is a password that somebody typed there. The default is
   * `looksLikePassword`, which errs on the side of showing.
   */
  readonly isPassword?: (userName: string) => boolean
}

type Fields = Readonly<Record<string, string>>

/** Fields with words, where random text is no id. */
const WORDED: ReadonlySet<string> = new Set([
  ...['event', 'stage', 'event_name', 'result', 'user_agent', 'application_name', 'org_name', 'login_org_name'],
  ...['action', 'api_name', 'target_resource_type', 'target_resource_name', 'description'],
])

/** The field with the name that was typed at a sign-in, and the one that says that there is such a user. */
const USER_NAME = 'upstream_user_id'
const USER_ID = 'user_id'

/**
 * Returns the function that redacts the fields of a stream's records: it returns the same object if there is no secret,
 * and never throws. `marked` is whether the fields' bytes have a mark of a secret; without one, no form is looked for.
 */
export function recordRedactor(
  stream: Stream,
  options: RedactionOptions = {},
): (fields: Fields, marked: boolean, found: Found) => Fields {
  const { hooks = [], isPassword = looksLikePassword } = options
  const declared = new Map(stream.fields.map((field) => [field.name, field]))
  const worded = stream.fields.map(({ name }) => name).filter((name) => WORDED.has(name))

  function hooked(name: string, text: string, found: Found): string {
    let kept = text
    for (const hook of hooks) {
      const before = kept
      kept = judged(() => hook(before, name))
      if (kept !== before) found('hook')
    }
    return kept
  }

  const redactField = (name: string, text: string, found: Found): string => hooked(name, redactText(text, found), found)

  function redactDeclared(
    { name, list, json }: Pick<Field, 'name' | 'list' | 'json'>,
    text: string,
    found: Found,
  ): string {
    if (json !== undefined) {
      return redactJsonField(text, json, { found, isPassword, hooked: (each) => hooked(name, each, found) })
    }
    return list === undefined ? shortened(redactField(name, text, found)) : redactList(name, list, text, found)
  }

  /** A list stays one: its texts are redacted, and entries that no longer fit are left out from the end. */
  function redactList(name: string, parts: readonly ListPart[], text: string, found: Found): string {
    const entries = readListText(text, parts) ?? []
    const kept = entries.map(
      (entry): ListEntry =>
        Object.fromEntries(Object.entries(entry).map(([part, value]) => [part, redactField(name, value, found)])),
    )
    while (Buffer.byteLength(listText(kept)) > MAX_FIELD_BYTES) kept.pop()
    return listText(kept)
  }

  function isPasswordTyped(fields: Fields): boolean {
    const name = fields[USER_NAME]
    if (name === undefined || name === REDACTED || fields[USER_ID] !== undefined) return false
    try {
      return isPassword(name)
    } catch {
      return true
    }
  }

  return (fields, marked, found) => {
    let kept = fields
    const change = (name: string, text: string): void => {
      if (text === kept[name]) return
      kept = { ...kept, [name]: text }
    }
    if (marked || hooks.length > 0) {
      for (const [name, text] of Object.entries(fields)) {
        change(name, redactDeclared(declared.get(name) ?? { name }, text, found))
      }
    }
    for (const name of worded) {
      const text = kept[name]
      if (text === undefined) continue
      change(
        name,
        replaceRandom(text, () => {
          found('random')
          return REDACTED
        }),
      )
    }
    if (isPasswordTyped(kept)) {
      found('user_name')
      change(USER_NAME, REDACTED)
    }
    return kept
  }
}

function judged(hook: () => string): string {
  try {
    const kept: unknown = hook()
    return typeof kept === 'string' && kept.isWellFormed() ? kept : REDACTED
  } catch {
    return REDACTED
  }
}

/** A mark may be longer than the secret that it replaces, so a text of many can outgrow its field. */
function shortened(text: string): string {
  if (text.length * 3 <= MAX_FIELD_BYTES || Buffer.byteLength(text) <= MAX_FIELD_BYTES) return text
  const bytes = Buffer.from(text)
  let end = MAX_FIELD_BYTES
  // A byte of the form 10xxxxxx continues a character.
  while ((bytes.readUInt8(end) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
