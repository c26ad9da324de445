/** The two orders of a list: by time, then by `event_id`. */
export type Order = 'newest first' | 'oldest first'

/** A position in that order: a record or, without an id, a time. */
export interface Place {
  /** In microseconds since the epoch. */
  readonly time: bigint
  readonly eventId?: string
}

/** A page of the records that match the filters: their order, and the position after which the page begins. */
export interface Page {
  readonly order: Order
  readonly after?: Place
}

/** The default: the first page, newest first. */
export const NEWEST: Page = { order: 'newest first' }
