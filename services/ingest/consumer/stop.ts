import pTimeout from 'p-timeout'
import type { PartitionWorker } from '../partition/partition_worker.js'

/**
 * How long a stopping worker may store what it has fetched, in milliseconds. Less than half of the grace period: the
 * worker must also leave its group, so that its partitions don't idle for a session.
 */
const FINISH_MS = 10_000

/** Resolves with whether `work` finished in time. A failure counts as finished. */
export function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const finished = work.then(
    () => true,
    () => true,
  )
  return pTimeout(finished, { milliseconds, fallback: () => false })
}

/**
 * Lets each worker store what it has taken, and ends those that can't in time. What they leave is committed as pending,
 * or not begun: a successor stores it, exactly once.
 */
export async function finish(workers: readonly PartitionWorker[]): Promise<void> {
  await Promise.all(
    workers.map(async (worker) => {
      if (await within(FINISH_MS, worker.drain())) return
      worker.context.events.unfinished(worker.status)
      worker.revoke()
    }),
  )
}
