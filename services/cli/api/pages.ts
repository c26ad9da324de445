import type { Ask } from './ask.js'

/** What a command asks a list for. */
export interface Listing {
  /** The path under `/v1`. */
  readonly path: string
  /** The name of the answer's array. */
  readonly items: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly limit: number
  /** The longest page that the API answers. */
  readonly longestPage: number
}

/**
 * Pages of a list until there are `limit` items. With `more`, further ones may exist. A page may be empty although more
 * follow.
 */
export async function* pages<Item>(
  ask: Ask,
  { path, items, parameters, limit, longestPage }: Listing,
): AsyncGenerator<{ readonly items: readonly Item[]; readonly more: boolean }> {
  let left = limit
  let cursor: string | undefined
  while (left > 0) {
    const asked = Math.min(left, longestPage)
    const place = cursor === undefined ? [] : [['cursor', cursor] as const]
    const page = await ask<{ readonly next_cursor?: string; readonly [name: string]: unknown }>(path, [
      ...parameters,
      ['limit', String(asked)],
      ...place,
    ])
    const found = page[items] as readonly Item[]
    left -= found.length
    cursor = page.next_cursor
    yield { items: found, more: cursor !== undefined }
    if (cursor === undefined) return
  }
}
