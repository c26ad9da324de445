import type { Page } from '../parameters/page.js'

/**
 * A range of time in microseconds since the epoch: `from` inclusive, `until` exclusive. A side without a bound is open.
 */
export interface TimeBounds {
  readonly from?: bigint
  readonly until?: bigint
}

/** A range of time that is bounded on both sides. */
export type TimeRange = Required<TimeBounds>

/** The times that a page's records can have, within the bounds that its caller sets. */
export function pageBounds({ from, until }: TimeBounds, { order, after }: Page): TimeBounds {
  if (after === undefined) return boundsOf(from, until)
  const { time, eventId } = after
  // After a record, others with the same time may follow; after a time, none with that time does.
  if (order === 'newest first') return boundsOf(from, min(until, eventId === undefined ? time : time + 1n))
  return boundsOf(max(from, eventId === undefined ? time + 1n : time), until)
}

/** The times that lie in both. */
export function intersection(bounds: TimeBounds, range: TimeRange): TimeRange {
  return { from: max(bounds.from, range.from), until: min(bounds.until, range.until) }
}

/** Whether no time lies within the bounds. */
export function isEmpty({ from, until }: TimeBounds): boolean {
  return from !== undefined && until !== undefined && from >= until
}

/** A window of a range. Where it touches an end of the range, it is extended to the bounds on that side. */
export function extendedTo(bounds: TimeBounds, window: TimeRange, range: TimeRange): TimeBounds {
  return boundsOf(
    window.from === range.from ? bounds.from : window.from,
    window.until === range.until ? bounds.until : window.until,
  )
}

function boundsOf(from: bigint | undefined, until: bigint | undefined): TimeBounds {
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
}

function min(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a
}

function max(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a
}
