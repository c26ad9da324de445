/** The two ways to read a stream: by time, equal times by `event_id`. */
export type Order = 'newest first' | 'oldest first'

/** A place in that order: a record or, without an id, a moment. */
export interface Place {
  /** In microseconds since the epoch. */
  readonly time: bigint
  readonly eventId?: string
}

/** Which part of what fits the filters is meant: in what order it is read, and after which place. */
export interface Page {
  readonly order: Order
  readonly after?: Place
}

/** The beginning of a list, where nothing else is asked. */
export const NEWEST: Page = { order: 'newest first' }
