import { LRUCache } from 'lru-cache'
import type { Stream } from '../../../schemas/streams/index.js'
import { paramsOf } from '../clickhouse/conditions/sql_fragment.js'
import type { Database, Query } from '../clickhouse/database.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import { howManyMerged, OF_MERGED, overlaps, type Part } from './parts.js'
import { slotRanges } from './slots.js'
import { inAnyOf, namedRanges, timeParameter } from './time_ranges.js'

/*
 * Where two merged parts overlap, there may be copies, but hardly ever are. Neither part changes, so what was found out
 * about an overlap stays true until a merge replaces one of them.
 */

/** With more ranges, to look into each would cost more than it saves. */
const MAX_RANGES = 40

/** What is known about ranges of time in merged parts: whether a record in them has copies. */
export class KnownCopies {
  readonly #known = new LRUCache<string, boolean>({ max: 10_000, ttl: 10 * 60_000 })

  /**
   * Those of the slots that hold copies. Undefined when a part is gone, or when there are too many ranges.
   *
   * @param slots starts of slots that only merged parts have records of, in order
   * @throws {DatabaseError}
   */
  async slotsWithCopies(
    stream: Stream,
    merged: readonly Part[],
    slots: readonly bigint[],
    { database, signal }: { readonly database: Database; readonly signal: AbortSignal },
  ): Promise<readonly bigint[] | undefined> {
    const ranges = slotRanges(slots).map((range) => ({ ...range, key: keyOf(stream, range, merged) }))
    if (ranges.length > MAX_RANGES) return undefined
    const unknown = ranges.filter(({ key }) => !this.#known.has(key))
    if (unknown.length > 0) {
      const names = merged.map(({ name }) => name)
      const rows = await database.rows(copiesQuery(stream, names, unknown), signal)
      // Without a row, nothing says which parts there were.
      if (rows.length === 0 || rows.some((row) => row.at(-1) !== String(names.length))) return undefined
      const withCopies = new Set(rows.filter(([, copies]) => copies !== '0').map(([index]) => Number(index)))
      for (const [index, { key }] of unknown.entries()) this.#known.set(key, withCopies.has(index))
    }
    // What was forgotten meanwhile may have copies.
    const doubtful = ranges.filter(({ key }) => this.#known.get(key) !== false)
    return slots.filter((slot) => doubtful.some(({ from, until }) => slot >= from && slot < until))
  }
}

/** Names the range and what the parts that reach into it hold. */
function keyOf({ name }: Stream, range: TimeRange, merged: readonly Part[]): string {
  const reaching = merged.filter((part) => overlaps(part, range))
  const contents = reaching.map((part) => [part.name, part.rows, part.oldest, part.newest].join(':'))
  return [name, range.from, range.until, ...contents.toSorted()].join(' ')
}

/** For each range that has records: its index, how many are copies, and how many of the merged parts there are. */
export function copiesQuery(stream: Stream, merged: readonly string[], ranges: readonly TimeRange[]): Query {
  const named = namedRanges(ranges)
  const index = named.slice(0, -1).map(({ from, until }, index) => {
    return `time >= ${timeParameter(from)} AND time < ${timeParameter(until)}, ${index}, `
  })
  return {
    query: [
      `SELECT toString(${index.length === 0 ? '0' : `multiIf(${index.join('')}${index.length})`}) AS range,`,
      `  toString(count() - uniqExact(org_id, time, event_id)), ${howManyMerged(stream)}`,
      `FROM ${stream.name}`,
      `WHERE ${OF_MERGED} AND ${inAnyOf(named)}`,
      'GROUP BY range',
      'SETTINGS enable_shared_storage_snapshot_in_query = 1',
    ].join('\n'),
    query_params: { ...paramsOf(named), merged },
  }
}
