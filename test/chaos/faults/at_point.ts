import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from '../cluster/workers.js'
import { isAtBeginning, isAtEnd, type Order, type Reached } from '../worker/points.js'
import type { Outcome } from './fault.js'

/** Long enough for a partition to be assigned again and stored from. */
const COMES_WITHIN_MS = 20_000
const SETTLE_MS = 500

/**
 * Waits until a worker reaches a point of the protocol and executes the order there. Undefined if it does not get there
 * in time.
 */
export async function bringTo(worker: Worker, order: Order): Promise<Reached | undefined> {
  if (isAtEnd(order.point)) {
    const reached = worker.order(order, COMES_WITHIN_MS)
    void worker.stop()
    return reached
  }
  if (!isAtBeginning(order.point)) return worker.order(order, COMES_WITHIN_MS)
  // Partitions are assigned when a worker joins.
  await worker.stop()
  await sleep(SETTLE_MS)
  await worker.start(order)
  return worker.reached(COMES_WITHIN_MS)
}

export function missed(instead: string): Outcome {
  return { struck: false, note: `it did not come there: ${instead}` }
}

export function placeOf({ partition, range }: Reached): string {
  return `partition ${partition}${range === undefined ? '' : ` [${range.first}..${range.last}]`}`
}
