import type { ConcurrencyLimits } from '../../runtime/auth/concurrency_limiter.js'
import { QueryQueue } from './query_queue.js'

/** The queries that may run at once, for requests and for readers that follow a stream. */
export interface QueryLimits {
  readonly request?: ConcurrencyLimits
  readonly feed?: ConcurrencyLimits
}

/** A request waits this long for its turn, in milliseconds: longer, and its caller is better off with an answer. */
const MAX_WAIT_MS = 5_000

/** The queues that the queries of all callers wait in. A reader that follows a stream waits as long as it takes. */
export function queryQueues({
  request = {},
  feed = {},
}: QueryLimits): Readonly<Record<'request' | 'feed', QueryQueue>> {
  return {
    request: new QueryQueue({ running: request, maxWaitMs: MAX_WAIT_MS }),
    feed: new QueryQueue({ running: feed }),
  }
}
