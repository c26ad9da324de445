/*
 * A table has an index over prefixes of a text: with it, a filter by a prefix reads the granules that have a text with
 * that prefix, or with a shorter one that the index knows.
 */

/**
 * The lengths of the indexed prefixes, in characters, the longest first. Names often begin with a first name that many
 * people have, so the longest reaches beyond it.
 */
const LENGTHS = [12, 6, 3] as const

/** A shorter prefix is in no index, and in nearly every granule. */
export const MIN_PREFIX_LENGTH = 3

/** SQL of the indexed prefixes of a text. A shorter text is its own prefix. */
export function textPrefixesSql(text: string): readonly string[] {
  return LENGTHS.map((length) => `substringUTF8(${text}, 1, ${length})`)
}

/** The longest indexed prefix that every text with this prefix has; undefined if it is too short. */
export function indexedPrefix(prefix: string): string | undefined {
  const characters = [...prefix]
  const length = LENGTHS.find((each) => each <= characters.length)
  return length === undefined ? undefined : characters.slice(0, length).join('')
}
