import { HOUR } from '../clickhouse/hour.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import type { Order } from '../parameters/page.js'

/*
 * A page lies at one end of the range of time that a list covers. ClickHouse reads no table in reverse
 * order of its time alone, so it would read the whole table to find the newest page. A list reads window after window
 * instead, from the end where the page begins, until the page is full. A window has any width: where thousands of
 * records come in each second, an hour has many times the records of a page.
 */

/**
 * In microseconds. Where the density is unknown, the first window shows it: thousands of records come in each second,
 * or one in an hour.
 */
const FIRST_WIDTH = 50_000n
const MIN_WIDTH = 1_000n

/**
 * The first window, at the end where the page begins. Where `microsPerRecord` is known, it is wide enough for the
 * `missing` records and some more; otherwise it is short.
 */
export function firstWindow(
  range: TimeRange,
  order: Order,
  { missing, microsPerRecord }: { readonly missing: number; readonly microsPerRecord: number | undefined },
): TimeRange {
  const width = microsPerRecord === undefined ? FIRST_WIDTH : BigInt(Math.ceil(MARGIN * missing * microsPerRecord))
  return windowAt(range, order, width)
}

/** Whether a window is so short that the records of a page that it fills lie close together. */
export function isShort({ from, until }: TimeRange): boolean {
  return until - from < 2n * HOUR
}

/** What the windows that were read held. */
export interface WindowResult {
  /** How many records were in the last window. */
  readonly found: number
  /** How many were in the windows before it. */
  readonly foundBefore: number
  /** How many the page still lacks. */
  readonly missing: number
  /** Whether a filter names ids. All records of an id lie close together. */
  readonly byId?: boolean
}

/**
 * The window after `previous`; undefined when the range has been read to its other end. Its width assumes that records
 * are as dense as in all that was read, with a margin, so that a page takes few queries and reads little beyond its
 * end. The last window alone would say less, because records come in bursts. For an id that one window does not have,
 * it is all the rest of the range.
 */
export function nextWindow(
  range: TimeRange,
  order: Order,
  previous: TimeRange,
  { found, foundBefore, missing, byId = false }: WindowResult,
): TimeRange | undefined {
  const newestFirst = order === 'newest first'
  const rest = newestFirst ? { from: range.from, until: previous.from } : { from: previous.until, until: range.until }
  if (rest.from >= rest.until) return undefined
  if (found === 0 && byId) return rest
  const width = previous.until - previous.from
  const widest = width * BigInt(MAX_GROWTH)
  const total = found + foundBefore
  if (total === 0) return windowAt(rest, order, widest)
  const read = newestFirst ? range.until - previous.from : previous.until - range.from
  const wanted = BigInt(Math.ceil((Number(read) * MARGIN * missing) / total))
  // An empty window after records is a pause, or their end.
  const growing = found === 0 ? max(wanted, min(widest, max(width * PAUSE_GROWTH, LONG_PAUSE))) : wanted
  return windowAt(rest, order, min(growing, max(HOUR, widest)))
}

/**
 * Reading beyond a page's end costs a granule for each few records; one more query costs as much as about fifteen
 * granules.
 */
const MARGIN = 1.2
/** After empty 50 ms come 6 s, 12 minutes, a day, and 4 months: few steps to rare records. */
const MAX_GROWTH = 120
const PAUSE_GROWTH = 8n
const LONG_PAUSE = 6n * HOUR

function windowAt({ from, until }: TimeRange, order: Order, wanted: bigint): TimeRange {
  const width = max(MIN_WIDTH, wanted)
  if (width >= until - from) return { from, until }
  return order === 'newest first' ? { from: until - width, until } : { from, until: from + width }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
