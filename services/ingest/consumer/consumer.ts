import { type ConsumerGroupJoinEvent, type EachBatchPayload, PartitionAssigners } from 'kafkajs'
import { backOff } from '../backoff.js'
import type { Events } from '../events.js'
import { isUnknownMember } from '../failures.js'
import type { Connection } from '../fetch/connection.js'
import { AssignedPartitions } from '../partition/assigned_partitions.js'
import { Epochs, epochClosingAssigner } from '../partition/epoch.js'
import type { PartitionContext, PartitionWorker } from '../partition/partition_worker.js'
import { deliver } from './delivery.js'
import { withHeartbeats } from './heartbeats.js'
import { rejoinNeeded } from './rejoin.js'

export interface ConsumerOptions {
  readonly connection: Connection
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly topics: readonly string[]
  readonly events: Events
  /** Makes the worker of one partition. */
  readonly openPartition: (assigned: Assigned) => PartitionWorker
}

/** A partition that the group has assigned to this worker. */
export type Assigned = Pick<PartitionContext, 'topic' | 'partition' | 'held' | 'commit' | 'seek' | 'predecessor'>

export interface IngestConsumer {
  start(): Promise<void>
  /** Stores the records that were fetched, commits, and leaves the group. */
  stop(): Promise<void>
  /** Whether the worker is a member of its group. */
  joined(): boolean
}

/** Kafka recommends a third of the session, so that two heartbeats may be lost. */
const HEARTBEATS_PER_SESSION = 3
/**
 * More than a worker has partitions: batches of one partition are handled in order, and never wait for another
 * partition.
 */
const CONCURRENCY = 64
/** Kafka's number for a partition's beginning (ListOffsets, timestamp -2). */
const EARLIEST = -2
const WATERMARK_INTERVAL_MS = 5_000
/** One partition may fill a fetch, so that a few ranges grow large instead of many ranges staying small. */
const FETCH_BYTES = 8 * 1024 * 1024

/** Reads the topics as one member of the group, and delivers the records of each partition to its worker. */
export function createConsumer(options: ConsumerOptions): IngestConsumer {
  const { connection, events, topics } = options
  const { kafka, responses } = connection
  const epochs = new Epochs()
  const partitions = new AssignedPartitions()
  const heartbeatMs = Math.floor(options.sessionTimeoutMs / HEARTBEATS_PER_SESSION)
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: options.sessionTimeoutMs * 2,
    partitionAssigners: [epochClosingAssigner(PartitionAssigners.roundRobin, epochs)],
    maxBytesPerPartition: FETCH_BYTES,
    maxBytes: FETCH_BYTES,
    maxWaitTimeInMs: 100,
    // By default kafkajs waits up to half a minute between retries, so the worker would idle that long after a broker
    // returns.
    retry: { initialRetryTime: 100, maxRetryTime: 3_000, retries: 10, restartOnFailure: async () => false },
  })
  const admin = kafka.admin()
  let commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  let watermarks: NodeJS.Timeout | undefined
  const stopping = new AbortController()
  /** Crashes since the last join. */
  let crashes = 0

  function assign({ payload }: ConsumerGroupJoinEvent): void {
    const epoch = epochs.open()
    crashes = 0
    // A rebalance may finish while the worker stops. It opens no partition then, and leaves.
    const given = stopping.signal.aborted ? {} : payload.memberAssignment
    const assigned = new Map(Object.entries(given).map(([topic, list]) => [topic, new Set(list)]))
    partitions.revokeExcept((topic, partition) => assigned.get(topic)?.has(partition) ?? false)
    for (const [topic, numbers] of assigned) {
      for (const partition of numbers) open(topic, partition, epoch)
    }
    events.assigned([...assigned.values()].reduce((sum, { size }) => sum + size, 0))
  }

  function open(topic: string, partition: number, epoch: number): PartitionWorker {
    return partitions.replace(topic, partition, (predecessor) =>
      options.openPartition({
        topic,
        partition,
        predecessor,
        held: () => epochs.isOpen(epoch),
        commit: async (offset, metadata) => {
          const offsets = [{ partition, offset: String(offset), metadata }]
          try {
            // Not `consumer.commitOffsets`: that resolves without having committed when the consumer is not running.
            await commitOffsets?.({ topics: [{ topic, partitions: offsets }] })
          } catch (error) {
            if (isUnknownMember(error) && epochs.isOpen(epoch)) epochs.close()
            throw error
          }
        },
        seek: (offset) => consumer.seek({ topic, partition, offset: String(offset ?? EARLIEST) }),
      }),
    )
  }

  async function handle(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload
    if (!epochs.joined && !stopping.signal.aborted) throw rejoinNeeded()
    commitOffsets = payload.commitOffsetsIfNecessary
    // A partition may take long to start, and its worker to have room.
    const delivered = deliver(payload, { epochs, partitions, responses, open })
    const worker = await withHeartbeats(heartbeat, heartbeatMs / 2, delivered)
    if (worker === undefined) return
    if (worker.state === 'halted') consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }])
    else resolveOffset(batch.lastOffset())
  }

  async function run(): Promise<void> {
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENCY,
      eachBatch: handle,
    })
  }

  /**
   * kafkajs has stopped the consumer after an error, and left the group. kafkajs restarts it after some errors but not
   * after others, such as its own "Broker not connected". So `restartOnFailure` is off, and we restart the consumer
   * after every error.
   */
  async function crashed(error: unknown): Promise<void> {
    epochs.close()
    events.crashed(error)
    crashes++
    await backOff(crashes, stopping.signal)
    if (stopping.signal.aborted) return
    try {
      await consumer.connect()
      if (!stopping.signal.aborted) await run()
    } catch (failure) {
      void crashed(failure)
    }
  }

  async function readWatermarks(): Promise<void> {
    for (const topic of topics) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        partitions.get(topic, partition)?.context.events.watermark(Number(high))
      }
    }
  }

  return {
    async start() {
      consumer.on(consumer.events.GROUP_JOIN, assign)
      consumer.on(consumer.events.REBALANCING, events.rejoining)
      consumer.on(consumer.events.CRASH, ({ payload }) => crashed(payload.error))
      await admin.connect()
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await run()
      // When the cluster is away, the partition workers report it; lag stays as it was.
      watermarks = setInterval(() => void readWatermarks().catch(() => undefined), WATERMARK_INTERVAL_MS)
    },
    async stop() {
      stopping.abort()
      clearInterval(watermarks)
      await Promise.all(partitions.all().map((worker) => worker.drain()))
      await consumer.disconnect()
      await admin.disconnect()
    },
    joined: () => epochs.joined,
  }
}
