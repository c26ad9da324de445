import { LRUCache } from 'lru-cache'
import type { MergedPlace } from '../../list/merged_list.js'

/** A caller's way through the pages of one list. */
export interface Walk {
  /** How many events there are, as far as they were counted. */
  readonly counted: number
  /** Where pages begin, by their numbers; only some are known. */
  readonly places: Map<number, MergedPlace>
}

/** How long a walk is remembered after its last page, in milliseconds. */
const MAX_AGE_MS = 15 * 60_000
const MAX_CALLERS = 1_000
const MAX_WALKS = 20
/** How many places a walk knows beside those that were counted: a caller may repeat a page. */
const MAX_PLACES = 20

/**
 * Where the pages of lists begin that callers page through by number. It is a cache: a page whose place is not known is
 * counted from the first one, as far as that is cheap.
 */
export class Walks {
  readonly #walks = new LRUCache<string, LRUCache<string, Walk>>({ max: MAX_CALLERS })

  get(caller: string, list: string): Walk | undefined {
    return this.#walks.get(caller)?.get(list)
  }

  set(caller: string, list: string, walk: Walk): void {
    const own =
      this.#walks.get(caller) ?? new LRUCache<string, Walk>({ max: MAX_WALKS, ttl: MAX_AGE_MS, updateAgeOnGet: true })
    this.#walks.set(caller, own)
    own.set(list, walk)
  }
}

/** Remembers where a page begins, and forgets the page furthest behind it where there are many. */
export function remember({ places }: Walk, page: number, place: MergedPlace, counted: number): void {
  places.set(page, place)
  const beyond = [...places.keys()].filter((each) => each > counted).toSorted((a, b) => a - b)
  for (const old of beyond.slice(0, -MAX_PLACES)) places.delete(old)
}
