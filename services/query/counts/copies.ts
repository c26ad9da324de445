import { LRUCache } from 'lru-cache'
import type { Stream } from '../../../schemas/streams/index.js'
import { paramsOf } from '../clickhouse/conditions/sql_fragment.js'
import type { Database, Query } from '../clickhouse/database.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import { howManyMerged, OF_MERGED, type Part } from './parts.js'
import { SLOT } from './slots.js'
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
    const ranges = adjoining(slots)
    if (ranges.length > MAX_RANGES) return undefined
    const keys = ranges.map((range) => keyOf(stream, range, merged))
    const unknown = ranges.filter((_, index) => this.#known.get(keys[index] as string) === undefined)
    const found = new Map<TimeRange, boolean>()
    if (unknown.length > 0) {
      const names = merged.map(({ name }) => name)
      const rows = await database.rows(copiesQuery(stream, names, unknown), signal)
      // Without a row, nothing says which parts there were.
      if (rows.length === 0 || rows.some((row) => row.at(-1) !== String(names.length))) return undefined
      const withCopies = new Set(rows.filter(([, copies]) => copies !== '0').map(([index]) => Number(index)))
      for (const [index, range] of unknown.entries()) found.set(range, withCopies.has(index))
    }
    return ranges.flatMap((range, index) => {
      const key = keys[index] as string
      const copies = found.get(range) ?? this.#known.get(key) ?? true
      this.#known.set(key, copies)
      return copies ? slots.filter((slot) => slot >= range.from && slot < range.until) : []
    })
  }
}

/** The slots as ranges: neighbors are one. */
function adjoining(slots: readonly bigint[]): readonly TimeRange[] {
  const ranges: TimeRange[] = []
  for (const slot of slots) {
    const last = ranges.at(-1)
    if (last?.until === slot) ranges[ranges.length - 1] = { from: last.from, until: slot + SLOT }
    else ranges.push({ from: slot, until: slot + SLOT })
  }
  return ranges
}

/** Names the range and what the parts that reach into it hold. */
function keyOf({ name }: Stream, { from, until }: TimeRange, merged: readonly Part[]): string {
  const reaching = merged.filter(({ oldest, newest }) => oldest < until && newest >= from)
  const contents = reaching.map((part) => [part.name, part.rows, part.oldest, part.newest].join(':'))
  return [name, from, until, ...contents.toSorted()].join(' ')
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
