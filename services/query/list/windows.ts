import { fullHour, HOUR } from '../clickhouse/hour.js'
import type { Span } from '../clickhouse/time_bounds.js'
import type { Order } from '../parameters/page.js'

/*
 * A page is found near one end of what may be read. ClickHouse does not read a table with `FINAL` in reverse order of its key, and would
 * read all of it to find the newest page; so a span is read window by window from the end where the page begins, until the page is full.
 * Windows end at full hours, since the table is sorted by hour first: an hour is read whole or not at all.
 */

/**
 * The window that is read first, at the end where the page begins: an hour and the rest of the hour beside it or, where it is known how far
 * apart records lie, in microseconds, what that makes for a page and some more.
 */
export function firstWindow(
  span: Required<Span>,
  order: Order,
  { missing, spacing }: { readonly missing: number; readonly spacing: number | undefined },
): Required<Span> {
  return windowAt(span, order, spacing === undefined ? HOUR : BigInt(Math.ceil(MARGIN * missing * spacing)))
}

/** Whether a window is so short that what fills a page of it lies close together. */
export function isShort({ from, until }: Required<Span>): boolean {
  return until - from < 2n * HOUR
}

/**
 * The window that is read after `previous`, in which `found` records were and after which `missing` are still to be found: as wide as it
 * must be if records go on coming as they did, and by some more, so that a page takes few queries and reads little beyond its end. Of an id,
 * all records lie close together: where one window has none, it is looked for in all the rest. Undefined when the span has been read to its
 * other end.
 */
export function nextWindow(
  span: Required<Span>,
  order: Order,
  previous: Required<Span>,
  { found, missing, ofId = false }: { readonly found: number; readonly missing: number; readonly ofId?: boolean },
): Required<Span> | undefined {
  const rest =
    order === 'newest first' ? { from: span.from, until: previous.from } : { from: previous.until, until: span.until }
  if (rest.from >= rest.until) return undefined
  if (found === 0 && ofId) return rest
  const growth = found === 0 ? MOST_GROWTH : Math.min(MOST_GROWTH, (MARGIN * missing) / found)
  const width = Math.ceil(Number(previous.until - previous.from) * growth)
  return windowAt(rest, order, BigInt(width))
}

/** Past its end a page is read for nothing, a granule for each few records; one query more costs as much as some fifteen granules. */
const MARGIN = 1.2
/** An hour's window is followed by two days' at most, and that by three months': few steps to what is rare, and none far past a page. */
const MOST_GROWTH = 48

function windowAt({ from, until }: Required<Span>, order: Order, width: bigint): Required<Span> {
  if (order === 'newest first') {
    const begin = fullHour(until - width)
    return { from: begin > from ? begin : from, until }
  }
  const end = fullHour(from + width + HOUR - 1n)
  return { from, until: end < until ? end : until }
}
