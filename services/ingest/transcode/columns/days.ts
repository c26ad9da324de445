import { NO_DAY } from './field_spans.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** The rows of one day. */
export interface RowsOfDay {
  /** `YYYY-MM-DD`, in UTC. */
  readonly day: string
  /** Sorted. */
  readonly rows: Int32Array
}

/** Groups the first `count` rows by day, the earliest first. Leaves out rows without a day. */
export function rowsByDay(days: Int32Array, count: number): readonly RowsOfDay[] {
  const tallies = new Map<number, Tally>()
  each(days, count, tallies, (tally) => {
    tally.count++
  })
  for (const tally of tallies.values()) tally.rows = new Int32Array(tally.count)
  each(days, count, tallies, (tally, row) => {
    tally.rows[tally.filled++] = row
  })
  return [...tallies]
    .sort(([one], [other]) => one - other)
    .map(([day, { rows }]) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), rows }))
}

interface Tally {
  count: number
  filled: number
  rows: Int32Array
}

/** Consecutive rows mostly have the same day, so the tally is looked up only when the day changes. */
function each(
  days: Int32Array,
  count: number,
  tallies: Map<number, Tally>,
  visit: (tally: Tally, row: number) => void,
) {
  let current = NO_DAY
  let tally: Tally = { count: 0, filled: 0, rows: new Int32Array(0) }
  for (let row = 0; row < count; row++) {
    const day = days[row] as number
    if (day === NO_DAY) continue
    if (day !== current) {
      current = day
      tally = tallies.get(day) ?? { count: 0, filled: 0, rows: new Int32Array(0) }
      tallies.set(day, tally)
    }
    visit(tally, row)
  }
}
