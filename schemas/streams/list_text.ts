import type { ListPart } from './stream.js'

/** An entry of a list: the parts that it has. */
export type ListEntry = Readonly<Record<string, string>>

/** A list that was checked, or what is wrong with it. */
export type CheckedList = { readonly entries: readonly ListEntry[] } | { readonly fault: string }

/**
 * Checks that a value is a list of the entries that a field declares, and leaves out the parts that are absent: empty or null. The fault
 * names entries and parts, never what they hold.
 */
export function checkList(value: unknown, parts: readonly ListPart[]): CheckedList {
  if (!Array.isArray(value)) return { fault: 'must be a list' }
  const entries: ListEntry[] = []
  for (const [index, entry] of value.entries()) {
    const checked = checkEntry(entry, parts)
    if (typeof checked === 'string') return { fault: `must be a list of objects; entry ${index + 1} ${checked}` }
    entries.push(checked)
  }
  return { entries }
}

/** The list that a field's text holds (JSON, RFC 8259), or undefined where it holds none of that form. */
export function readListText(text: string, parts: readonly ListPart[]): readonly ListEntry[] | undefined {
  try {
    const checked = checkList(JSON.parse(text), parts)
    return 'entries' in checked ? checked.entries : undefined
  } catch {
    return undefined
  }
}

/** The text that carries a list; an empty list is an absent one. */
export function listText(entries: readonly ListEntry[]): string {
  return entries.length === 0 ? '' : JSON.stringify(entries)
}

function checkEntry(entry: unknown, parts: readonly ListPart[]): ListEntry | string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is none'
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
