import type { ConcurrencyLimits } from '../../runtime/auth/concurrency_limiter.js'
import { QueryQueue } from './query_queue.js'

/** The queries that may run at once: of requests, of counts, and of readers that follow a stream. */
export interface QueryLimits {
  readonly request?: ConcurrencyLimits
  readonly counts?: ConcurrencyLimits
  readonly feed?: ConcurrencyLimits
}

/**
 * A request waits this long for its own or its tenant's other queries, in milliseconds: a page that asks several
 * questions at once gets all of its answers.
 */
const MAX_WAIT_MS = 5_000
/** It waits this long for everybody else's: longer, and all answers would be late while load lasts. */
const MAX_BUSY_WAIT_MS = 500

/**
 * The queues that the queries of all callers wait in. Counts read far more than lists, so they have a queue of their
 * own: lists do not wait for them. A reader that follows a stream waits as long as it takes.
 */
export function queryQueues({
  request = {},
  counts = {},
  feed = {},
}: QueryLimits): Readonly<Record<'request' | 'counts' | 'feed', QueryQueue>> {
  const waits = { maxWaitMs: MAX_WAIT_MS, maxBusyWaitMs: MAX_BUSY_WAIT_MS }
  return {
    request: new QueryQueue({ running: request, ...waits }),
    counts: new QueryQueue({ running: counts, ...waits }),
    feed: new QueryQueue({ running: feed }),
  }
}
