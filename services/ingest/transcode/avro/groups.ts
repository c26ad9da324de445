import type { RangeValues } from '../range_records.js'

/*
 * A group is walked and written before the next is looked at, so that its records, and what was noted of them, are still in the processor's
 * cache when their columns are written. Larger ones fall out of it; smaller ones have each column begun anew too often.
 */
const MAX_ROWS = 256
const MAX_BYTES = 256 * 1024

/** Neighboring records of a range. */
export interface Group {
  /** Their first row, and the row after their last. */
  readonly from: number
  readonly to: number
  /** Where in the range's data they begin and end. */
  readonly start: number
  readonly end: number
}

/** Divides a range into groups of at most 256 records and 256 KiB; a record that is larger is a group of its own. */
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
