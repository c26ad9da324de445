import type { EachBatchPayload } from 'kafkajs'
import { batchesOf, firstOffsetOf, logStartOffsetOf, responseOf } from '../fetch/fetched_batches.js'
import type { ResponseBuffers } from '../memory/response_buffers.js'
import type { AssignedPartitions } from '../partition/assigned_partitions.js'
import type { Epochs } from '../partition/epoch.js'
import type { PartitionWorker } from '../partition/partition_worker.js'

export interface DeliveryContext {
  readonly epochs: Epochs
  readonly partitions: AssignedPartitions
  readonly responses: ResponseBuffers
  /** Replaces the worker of a partition by a new one. */
  readonly open: (topic: string, partition: number, epoch: number) => PartitionWorker
}

/**
 * Delivers a fetched batch to the worker of its partition, and releases the memory of the response: what was delivered
 * has been copied. Resolves with the worker when it has room for more; undefined means that the batch is no longer this
 * worker's.
 */
export async function deliver(
  payload: EachBatchPayload,
  context: DeliveryContext,
): Promise<PartitionWorker | undefined> {
  const response = responseOf(payload.batch)
  try {
    return await offer(payload, context)
  } finally {
    if (response !== undefined) context.responses.release(response)
  }
}

async function offer(
  { batch, isStale }: EachBatchPayload,
  context: DeliveryContext,
): Promise<PartitionWorker | undefined> {
  const { topic, partition } = batch
  const batches = batchesOf(batch)
  const firstOffset = firstOffsetOf(batch)
  const { epochs } = context
  const { current: epoch } = epochs
  const worker = await workerOf({ topic, partition, firstOffset, epoch }, context)
  if (worker === undefined || isStale() || !epochs.isOpen(epoch)) return undefined
  worker.context.events.watermark(Number(batch.highWatermark))
  worker.context.events.fetched(firstOffset, batches[0]?.firstTimestamp ?? 0)
  await worker.offer(batches, logStartOffsetOf(batch))
  return worker
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
