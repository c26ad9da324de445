import type { TimeRange } from '../clickhouse/time_bounds.js'

/*
 * The table's projection `slots` holds how many records each part has in each five seconds. Shorter ones would be as
 * many rows as records where few come in; of longer ones, more would lie in two parts.
 */

const SLOT_SECONDS = 5
/** In microseconds. */
export const SLOT = BigInt(SLOT_SECONDS) * 1_000_000n
/** The start of a record's slot, as the projection has it. */
export const SLOT_START = `toStartOfInterval(time, toIntervalSecond(${SLOT_SECONDS}))`

/**
 * Conditions on slots for which ClickHouse looks into no index. Before it decides for the projection, it compares them
 * with each granule of the table: two seconds for twenty million records, whose slots it reads within milliseconds.
 */
export function withoutIndex(conditions: readonly string[]): string {
  return `identity(${conditions.join(' AND ')})`
}

/** The whole slots of a range. Where it has none, `from` is not before `until`. */
export function wholeSlots({ from, until }: TimeRange): TimeRange {
  return { from: -slotOf(-from), until: slotOf(until) }
}

/** The slots of these starts, in order, as ranges: neighbors are one. */
export function slotRanges(starts: readonly bigint[]): readonly TimeRange[] {
  return joined(starts.map(rangeOfSlot), Number.POSITIVE_INFINITY)
}

function rangeOfSlot(from: bigint): TimeRange {
  return { from, until: from + SLOT }
}

/**
 * The times of a range that lie in these slots (their starts, in order) or outside of its whole slots, as ranges that
 * do not overlap. The nearest are joined until there are at most `max`, so they may cover more.
 */
export function rangesOf(slots: readonly bigint[], range: TimeRange, max: number): readonly TimeRange[] {
  const whole = wholeSlots(range)
  if (whole.from >= whole.until) return [range]
  const single = [
    { from: range.from, until: whole.from },
    ...slots.map(rangeOfSlot),
    { from: whole.until, until: range.until },
  ].filter(({ from, until }) => from < until)
  return joined(single, max)
}

/** Joins neighbors, and then those with the smallest gaps between them. */
function joined(ranges: readonly TimeRange[], max: number): readonly TimeRange[] {
  const gaps = ranges.slice(1).map(({ from }, index) => from - (ranges[index] as TimeRange).until)
  const byWidth = [...gaps.keys()].toSorted((a, b) => ((gaps[a] as bigint) < (gaps[b] as bigint) ? 1 : -1))
  const open = new Set(byWidth.slice(0, max - 1).filter((gap) => (gaps[gap] as bigint) > 0n))
  const result: TimeRange[] = []
  for (const [index, range] of ranges.entries()) {
    const last = result.at(-1)
    if (last === undefined || open.has(index - 1)) result.push(range)
    else result[result.length - 1] = { from: last.from, until: range.until }
  }
  return result
}

/** The start of the slot of a time. */
export function slotOf(micros: bigint): bigint {
  return micros - (((micros % SLOT) + SLOT) % SLOT)
}
