import { LRUCache } from 'lru-cache'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'

/**
 * How long an entry is used, in milliseconds. After that records may be much denser, and a page would read too many.
 */
const MAX_AGE_MS = 60_000
const MAX_ENTRIES = 1_000

/**
 * How far apart in time the records were that a list found within the last minute, so that the next page, or the same
 * list again, begins with a window of the right width. It is an estimate: it decides how much is read at once, never
 * what is found.
 */
export class DensityCache {
  readonly #entries = new LRUCache<string, { readonly microsPerRecord: number; readonly setAt: number }>({
    max: MAX_ENTRIES,
  })

  constructor(
    /** A monotonic clock, in milliseconds. */
    readonly clock: () => number = () => performance.now(),
  ) {}

  /** Microseconds from one record to the next; undefined where no entry is recent. */
  get(key: string): number | undefined {
    const entry = this.#entries.peek(key)
    return entry !== undefined && this.clock() - entry.setAt < MAX_AGE_MS ? entry.microsPerRecord : undefined
  }

  set(key: string, microsPerRecord: number): void {
    this.#entries.set(key, { microsPerRecord, setAt: this.clock() })
  }
}

/** The key of a list: the same for all of its pages and for all callers who may read the same records. */
export function densityKey(
  stream: Stream,
  { fields, outcomes, kinds, where }: Filters,
  { organizations }: Principal,
): string {
  return JSON.stringify([stream.name, organizations, fields, outcomes, kinds, where])
}
