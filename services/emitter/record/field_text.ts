import { isAbsent } from '../../../schemas/streams/absent.js'
import { canonicalText } from '../../../schemas/streams/canonical_text.js'
import { checkJson, checkList, type Field, listText, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'

/** A field's value as text, or what is wrong with it. */
export type FieldText = { readonly text: string } | { readonly fault: string }

/** The text of a field that `read` returns. An absent value is empty text; a list and an object become JSON. */
export function fieldText(field: Field, read: () => unknown): FieldText {
  try {
    const value = read()
    if (isAbsent(value)) return { text: '' }
    if (field.json !== undefined) return checkJson(value, field.json)
    if (field.list === undefined) return canonical(field, checkedText(value))
    const checked = checkList(value, field.list)
    return 'fault' in checked ? checked : checkedText(listText(checked.entries))
  } catch {
    // A getter or a proxy throws, within a list for example. The error may hold a value, so it is not repeated.
    return { fault: 'cannot be read' }
  }
}

function canonical(field: Field, checked: FieldText): FieldText {
  return 'fault' in checked ? checked : { text: canonicalText(field, checked.text) }
}

function checkedText(value: unknown): FieldText {
  if (typeof value !== 'string') return { fault: 'must be text' }
  if (isTooLong(value)) return { fault: `must be at most ${MAX_FIELD_BYTES} bytes long` }
  if (!value.isWellFormed()) return { fault: 'must be well-formed Unicode (it has a lone surrogate)' }
  return { text: value }
}

/** A UTF-16 unit takes one to three bytes, so most texts need no count. */
function isTooLong(text: string): boolean {
  if (text.length > MAX_FIELD_BYTES) return true
  return text.length * 3 > MAX_FIELD_BYTES && Buffer.byteLength(text) > MAX_FIELD_BYTES
}
