import { checkJson, type JsonObject, jsonText } from './json_text.js'
import type { JsonField } from './stream.js'

/** What an object keeps, from the most to the least. */
const STEPS = [
  { text: Number.POSITIVE_INFINITY, values: Number.POSITIVE_INFINITY },
  { text: 4_096, values: 500 },
  { text: 1_024, values: 100 },
  { text: 256, values: 30 },
  { text: 64, values: 10 },
  { text: 16, values: 5 },
] as const
type Step = (typeof STEPS)[number]

/**
 * An object within its bounds: as it is, or else with its texts cut, with the first members and entries of each object
 * and list, and without what is too deep. The same object always becomes the same. Unicode that is not well-formed is
 * repaired, and a number that JSON does not have is null.
 */
export function shortenedJson(value: JsonObject, bounds: JsonField): JsonObject {
  for (const step of STEPS) {
    const kept = shortened(value, step, bounds.maxDepth) as JsonObject
    if (!('fault' in checkJson(kept, bounds))) return kept
  }
  return {}
}

/** The same as text; empty text where nothing is left. */
export function shortenedJsonText(value: JsonObject, bounds: JsonField): string {
  return jsonText(shortenedJson(value, bounds))
}

function shortened(value: unknown, step: Step, levels: number): unknown {
  if (typeof value === 'string') return cut(value, step)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return null
  if (Array.isArray(value)) return value.slice(0, step.values).map((each) => shortened(each, step, levels - 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, step.values)
      .map(([key, each]) => [cut(key, step), shortened(each, step, levels - 1)]),
  )
}

function cut(text: string, step: Step): string {
  return (text.length > step.text ? `${text.slice(0, step.text)}…` : text).toWellFormed()
}
