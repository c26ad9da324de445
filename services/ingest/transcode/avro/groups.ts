import type { RangeValues } from '../range_records.js'

/*
 * Each group is walked and written before the next one, so that its records and their spans are still in the
 * processor's cache when their columns are written. Larger groups fall out of the cache; smaller ones switch between
 * columns too often.
 */
const MAX_ROWS = 256
const MAX_BYTES = 256 * 1024

/** Consecutive records of a range. */
export interface Group {
  /** Their first row, and the row after their last. */
  readonly from: number
  readonly to: number
  /** Start and end of the group in the range's data. */
  readonly start: number
  readonly end: number
}

/** Splits a range into groups of at most 256 records and 256 KiB. A larger record is a group of its own. */
export function* groupsOf({ starts, lengths }: Pick<RangeValues, 'starts' | 'lengths'>): Generator<Group> {
  for (let from = 0; from < lengths.length; ) {
    const start = starts[from] as number
    let end = start
    let to = from
    do {
      end = Math.max(end, endOf(to))
      to++
    } while (to < lengths.length && to - from < MAX_ROWS && endOf(to) - start <= MAX_BYTES)
    yield { from, to, start, end }
    from = to
  }

  function endOf(row: number): number {
    return (starts[row] as number) + (lengths[row] as number)
  }
}
