import type { EachBatchPayload } from 'kafkajs'
import { batchesOf, firstOffsetOf, logStartOffsetOf, requestedOffsetOf, responseOf } from '../fetch/fetched_batches.js'
import type { RecordBatch } from '../fetch/record_batch.js'
import type { ResponseBuffers } from '../memory/response_buffers.js'
import type { PartitionWorker } from '../partition/partition_worker.js'
import type { AssignedPartitions } from './assigned_partitions.js'
import type { Epochs } from './epoch.js'

export interface DeliveryContext {
  readonly epochs: Epochs
  readonly partitions: AssignedPartitions
  readonly responses: ResponseBuffers
  /** Replaces the worker of a partition by a new one. */
  readonly open: (topic: string, partition: number, epoch: number) => PartitionWorker
}

/**
 * Delivers a fetched batch to the worker of its partition, and releases the memory of the response: what was taken has
 * been copied. Resolves to true if the worker took the whole batch, once there is room for more.
 */
export async function deliver(payload: EachBatchPayload, context: DeliveryContext): Promise<boolean> {
  const response = responseOf(payload.batch)
  try {
    return await offer(payload, context)
  } finally {
    if (response !== undefined) context.responses.release(response)
  }
}

async function offer({ batch, isStale }: EachBatchPayload, context: DeliveryContext): Promise<boolean> {
  const { topic, partition } = batch
  const batches = batchesOf(batch)
  const firstOffset = firstOffsetOf(batch)
  const { epochs, partitions } = context
  const { current: epoch } = epochs
  const assigned = partitions.get(topic, partition)
  // Before the worker has started: it may wait for ClickHouse, and falls behind meanwhile.
  noteLag(assigned, batches, Number(batch.highWatermark))
  const worker = await workerOf({ topic, partition, firstOffset, epoch }, context)
  const expected = await worker?.expected()
  if (worker === undefined || isStale() || !epochs.isOpen(epoch)) return false
  if (worker !== assigned) noteLag(worker, batches, Number(batch.highWatermark))
  const wanted = expected === undefined ? undefined : Math.max(expected, logStartOffsetOf(batch))
  if (wanted !== undefined && requestedOffsetOf(batch) > wanted) {
    // kafkajs asked for a later offset than the worker needs: what lies between must not count as deleted.
    worker.context.fetching.from(wanted)
    return false
  }
  return (await worker.offer(batches, logStartOffsetOf(batch))) && epochs.isOpen(epoch)
}

function noteLag(worker: PartitionWorker | undefined, batches: readonly RecordBatch[], end: number): void {
  for (const { lastOffset, firstTimestamp, appendedAt } of batches) {
    worker?.lag.fetched(lastOffset, appendedAt ?? firstTimestamp)
  }
  worker?.lag.endIs(end)
}

interface Delivered {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
  readonly epoch: number
}

/**
 * The worker that a batch belongs to. Offsets that go back have one of two causes. Either kafkajs delivers a batch
 * again, and the worker skips it. Or the topic was deleted and created again, and the partition needs a new worker.
 */
async function workerOf(
  { topic, partition, firstOffset, epoch }: Delivered,
  { epochs, partitions, open }: DeliveryContext,
): Promise<PartitionWorker | undefined> {
  const worker = partitions.get(topic, partition)
  const expected = await worker?.expected()
  if (worker === undefined || expected === undefined || firstOffset >= expected) return worker
  const { topicId } = await worker.context.locate()
  return topicId === worker.topicId || !epochs.isOpen(epoch) ? worker : open(topic, partition, epoch)
}
