import type { Page } from '../parameters/page.js'

/** A stretch of time in microseconds since the epoch, its beginning inclusive, its end exclusive; without a bound on a side, all of it. */
export interface Span {
  readonly from?: bigint
  readonly until?: bigint
}

/** The times at which a page's records can lie, given the bounds that its caller sets. */
export function spanOf({ from, until }: Span, { order, after }: Page): Span {
  if (after === undefined) return bounded(from, until)
  const { time, eventId } = after
  // Beyond a record, others of its very time may follow; beyond a moment, none does.
  if (order === 'newest first') return bounded(from, least(until, eventId === undefined ? time : time + 1n))
  return bounded(greatest(from, eventId === undefined ? time + 1n : time), until)
}

/** The part of a span that lies within another. */
export function within(span: Span, bounds: Required<Span>): Required<Span> {
  return { from: greatest(span.from, bounds.from), until: least(span.until, bounds.until) }
}

/** Whether no time lies in a span. */
export function isEmpty({ from, until }: Span): boolean {
  return from !== undefined && until !== undefined && from >= until
}

/** A window of a span, which at the span's ends reaches as far as the bounds do that the span lies within. */
export function opened(window: Required<Span>, span: Required<Span>, bounds: Span): Span {
  return bounded(
    window.from === span.from ? bounds.from : window.from,
    window.until === span.until ? bounds.until : window.until,
  )
}

function bounded(from: bigint | undefined, until: bigint | undefined): Span {
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
}

function least(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a
}

function greatest(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a
}
