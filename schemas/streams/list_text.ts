import { type ListPart, MAX_FIELD_BYTES } from './stream.js'

/** An entry of a list: the parts that it has. */
export type ListEntry = Readonly<Record<string, string>>

/** A valid list, or the reason why it is not valid. */
export type CheckedList = { readonly entries: readonly ListEntry[] } | { readonly fault: string }

/**
 * Checks that a value is a list of the entries that a field declares. Omits absent parts (empty or null). The fault
 * names entries and parts, never their values.
 */
export function checkList(value: unknown, parts: readonly ListPart[]): CheckedList {
  if (!Array.isArray(value)) return { fault: 'must be a list' }
  // By index, and with a length that is read once: a caller's array may have an iterator that never ends.
  const { length } = value
  if (length > MAX_ENTRIES) return { fault: `must be at most ${MAX_FIELD_BYTES} bytes long` }
  const entries: ListEntry[] = []
  for (let index = 0; index < length; index++) {
    const checked = checkEntry(value[index], parts)
    if (typeof checked === 'string') return { fault: `must be a list of objects; entry ${index + 1} ${checked}` }
    entries.push(checked)
  }
  return { entries }
}

/** Parses a field's text (JSON, RFC 8259) as a list; undefined if it is not a list of that form. */
export function readListText(text: string, parts: readonly ListPart[]): readonly ListEntry[] | undefined {
  try {
    const checked = checkList(JSON.parse(text), parts)
    return 'entries' in checked ? checked.entries : undefined
  } catch {
    return undefined
  }
}

/** The list as JSON text. An empty list becomes empty text, which means absent. */
export function listText(entries: readonly ListEntry[]): string {
  return entries.length === 0 ? '' : JSON.stringify(entries)
}

/** An entry takes at least two bytes and a comma, so a longer list cannot fit. Its entries are not read. */
const MAX_ENTRIES = MAX_FIELD_BYTES / 3

function checkEntry(entry: unknown, parts: readonly ListPart[]): ListEntry | string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is not an object'
  const given = entry as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find((key) => !parts.some(({ name }) => name === key))
  if (unknown !== undefined) return `has the part ${unknown}, which is not declared`
  const checked: Record<string, string> = {}
  for (const { name } of parts) {
    const value = given[name] ?? ''
    if (typeof value !== 'string') return `must have text for ${name}`
    if (!value.isWellFormed()) return `must have well-formed Unicode for ${name} (it has a lone surrogate)`
    if (value !== '') checked[name] = value
  }
  return checked
}
