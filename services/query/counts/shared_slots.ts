import type { Stream } from '../../../schemas/streams/index.js'
import { clickhouseTime } from '../clickhouse/conditions/time_conditions.js'
import type { Query } from '../clickhouse/database.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import { isMerged, type Part } from './parts.js'
import { SLOT, SLOT_START, slotOf, withoutIndex } from './slots.js'

/**
 * The starts of the slots of a range in which a record may have copies, as far as the first and last times of the parts
 * say: those that two of the parts reach into, or one that no merge wrote. One late record makes a part reach far, so
 * these may be many more than `sharedSlotsQuery` finds. Undefined when there are more than `limit`.
 */
export function reachedSlots(parts: readonly Part[], range: TimeRange, limit: number): readonly bigint[] | undefined {
  const edges = parts
    .map((part) => ({ from: slotOf(part.oldest), until: slotOf(part.newest) + SLOT, weight: isMerged(part) ? 1 : 2 }))
    .flatMap(({ from, until, weight }) => [
      { at: from, weight },
      { at: until, weight: -weight },
    ])
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const slots: bigint[] = []
  let weight = 0
  for (const [index, edge] of edges.entries()) {
    weight += edge.weight
    const next = edges[index + 1]?.at
    if (next === undefined || weight < 2) continue
    const from = edge.at > range.from ? edge.at : range.from
    for (let slot = from; slot < next && slot < range.until; slot += SLOT) {
      slots.push(slot)
      if (slots.length > limit) return undefined
    }
  }
  return slots
}

/**
 * The slots of a range that more than one of the merged parts has records of, or any other part: in these a record may
 * have copies. At most `limit`.
 */
export function sharedSlotsQuery(stream: Stream, merged: readonly string[], range: TimeRange, limit: number): Query {
  const inRange = withoutIndex([
    `${SLOT_START} >= {from:DateTime64(6, 'UTC')}`,
    `${SLOT_START} < {until:DateTime64(6, 'UTC')}`,
  ])
  const slots = (parts: number, condition: string) =>
    `SELECT ${SLOT_START} AS slot, ${parts} AS parts FROM ${stream.name} WHERE ${condition} AND ${inRange} GROUP BY slot`
  return {
    query: [
      'SELECT toString(toUnixTimestamp(slot)) FROM (',
      [
        ...merged.map((_, index) => slots(1, `_part = {part_${index}:String}`)),
        slots(2, '_part NOT IN {merged:Array(String)}'),
      ].join('\nUNION ALL\n'),
      ')',
      'GROUP BY slot HAVING sum(parts) > 1 ORDER BY slot',
      'LIMIT {limit:UInt32}',
    ].join('\n'),
    query_params: {
      ...Object.fromEntries(merged.map((name, index) => [`part_${index}`, name])),
      merged,
      from: clickhouseTime(range.from),
      until: clickhouseTime(range.until),
      limit,
    },
  }
}
