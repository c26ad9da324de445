import type { JsonField } from './stream.js'

/** A JSON object of any shape. */
export type JsonObject = Readonly<Record<string, unknown>>

type Bounds = Pick<JsonField, 'maxBytes' | 'maxDepth' | 'maxValues'>

/** The text of a valid object, or the reason why it is not valid. */
export type CheckedJson = { readonly text: string } | { readonly fault: string }

/**
 * Checks that a value is a JSON object within bounds. Members that are undefined are left out, and an object without
 * members is empty text, which means absent. A Date is its RFC 3339 text. The fault names no key and no value.
 */
export function checkJson(value: unknown, bounds: Bounds): CheckedJson {
  if (!isJsonObject(value)) return { fault: 'must be an object' }
  const walk = new Walk(bounds)
  const copy = walk.copy(value, 1)
  if (walk.fault !== undefined) return { fault: walk.fault }
  const text = jsonText(copy as JsonObject)
  if (isTooLong(text, bounds)) return { fault: `must be at most ${bounds.maxBytes} bytes long as JSON` }
  return { text }
}

/** Whether a value is an object, and neither a list nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a field's text (JSON, RFC 8259) is an object within bounds. */
export function isJsonText(text: string, bounds: Bounds): boolean {
  try {
    return 'text' in checkJson(JSON.parse(text), bounds)
  } catch {
    return false
  }
}

/** Parses a field's text as an object; undefined if it is none. */
export function readJsonText(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The object as JSON text. An object without members becomes empty text, which means absent. */
export function jsonText(value: JsonObject): string {
  const text = JSON.stringify(value)
  return text === '{}' ? '' : text
}

function isTooLong(text: string, { maxBytes }: Bounds): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes
}

/** Copies what a caller passes: its getters and proxies run once, and as often as the bounds allow. */
class Walk {
  fault: string | undefined
  #values = 0

  constructor(readonly bounds: Bounds) {}

  copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        if (!value.isWellFormed()) this.fault = 'must be well-formed Unicode (it has a lone surrogate)'
        return value
      case 'number':
        if (!Number.isFinite(value)) this.fault = 'must be JSON, which has no number that is not finite'
        return value
      case 'boolean':
        return value
      case 'object':
        return value === null ? null : this.#copyObject(value, depth)
      default:
        this.fault = `must be JSON, which has no ${typeof value}`
        return undefined
    }
  }

  #copyObject(value: object, depth: number): unknown {
    if (value instanceof Date) return value.toISOString()
    if (depth > this.bounds.maxDepth) {
      this.fault = `must have at most ${this.bounds.maxDepth} levels of objects and lists`
      return undefined
    }
    return Array.isArray(value) ? this.#copyList(value, depth) : this.#copyMembers(value as JsonObject, depth)
  }

  #copyList(list: readonly unknown[], depth: number): unknown {
    const { length } = list
    const copy: unknown[] = []
    // By index, and with a length that is read once: a caller's array may have an iterator that never ends.
    for (let index = 0; index < length && this.#takesOne(); index++)
      copy.push(this.copy(list[index] ?? null, depth + 1))
    return copy
  }

  #copyMembers(object: JsonObject, depth: number): unknown {
    const members: [string, unknown][] = []
    for (const key of Object.keys(object)) {
      const value = object[key]
      if (value === undefined) continue
      if (!this.#takesOne()) break
      members.push([this.copy(key, depth) as string, this.copy(value, depth + 1)])
    }
    // Defines each key, also one such as `__proto__`.
    return Object.fromEntries(members)
  }

  /** Counts a member or an entry. False if there is a fault, so that nothing more is read. */
  #takesOne(): boolean {
    const { maxValues } = this.bounds
    this.#values += 1
    if (this.#values > maxValues) this.fault ??= `must have at most ${maxValues} members and entries in all`
    return this.fault === undefined
  }
}
