import { fullHour, HOUR } from '../clickhouse/hour.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import type { Order } from '../parameters/page.js'

/*
 * A page lies at one end of the range of time that a list covers. ClickHouse does not read a table with `FINAL` in
 * reverse order of its key, so it would read the whole table to find the newest page. A list reads window after window
 * instead, from the end where the page begins, until the page is full. Windows end at full hours, because the table is
 * sorted by hour first: an hour is read as a whole or not at all.
 */

/**
 * The first window, at the end where the page begins. Where `microsPerRecord` is known, it is wide enough for the
 * `missing` records and some more; otherwise it is an hour and the rest of the hour beside it.
 */
export function firstWindow(
  range: TimeRange,
  order: Order,
  { missing, microsPerRecord }: { readonly missing: number; readonly microsPerRecord: number | undefined },
): TimeRange {
  const width = microsPerRecord === undefined ? HOUR : BigInt(Math.ceil(MARGIN * missing * microsPerRecord))
  return windowAt(range, order, width)
}

/** Whether a window is so short that the records of a page that it fills lie close together. */
export function isShort({ from, until }: TimeRange): boolean {
  return until - from < 2n * HOUR
}

/** What a window held. */
export interface WindowResult {
  /** How many records were in the window. */
  readonly found: number
  /** How many the page still lacks. */
  readonly missing: number
  /** Whether a filter names ids. All records of an id lie close together. */
  readonly byId?: boolean
}

/**
 * The window after `previous`; undefined when the range has been read to its other end. Its width assumes that records
 * are as dense as in `previous`, with a margin, so that a page takes few queries and reads little beyond its end. For
 * an id that one window does not have, it is all the rest of the range.
 */
export function nextWindow(
  range: TimeRange,
  order: Order,
  previous: TimeRange,
  { found, missing, byId = false }: WindowResult,
): TimeRange | undefined {
  const rest =
    order === 'newest first' ? { from: range.from, until: previous.from } : { from: previous.until, until: range.until }
  if (rest.from >= rest.until) return undefined
  if (found === 0 && byId) return rest
  const growth = found === 0 ? MAX_GROWTH : Math.min(MAX_GROWTH, (MARGIN * missing) / found)
  const width = Math.ceil(Number(previous.until - previous.from) * growth)
  return windowAt(rest, order, BigInt(width))
}

/**
 * Reading beyond a page's end costs a granule for each few records; one more query costs as much as about fifteen
 * granules.
 */
const MARGIN = 1.2
/**
 * After an hour without a record come two days, then three months: few steps to rare records, and none far beyond a
 * page.
 */
const MAX_GROWTH = 48

function windowAt({ from, until }: TimeRange, order: Order, width: bigint): TimeRange {
  if (order === 'newest first') {
    const begin = fullHour(until - width)
    return { from: begin > from ? begin : from, until }
  }
  const end = fullHour(from + width + HOUR - 1n)
  return { from, until: end < until ? end : until }
}
