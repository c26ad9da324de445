import { type ConsumerGroupJoinEvent, type EachBatchPayload, PartitionAssigners } from 'kafkajs'
import { backOff } from '../backoff.js'
import type { Events } from '../events.js'
import { isUnknownMember } from '../failures.js'
import type { Connection } from '../fetch/connection.js'
import type { PartitionContext } from '../partition/partition_context.js'
import type { PartitionWorker } from '../partition/partition_worker.js'
import type { PartitionStatus } from '../partition/status.js'
import type { ReadTopicOffsets } from '../partition/topic_offsets.js'
import { AssignedPartitions } from './assigned_partitions.js'
import { deliver } from './delivery.js'
import { Epochs, epochClosingAssigner } from './epoch.js'
import { fetchingOf } from './fetching.js'
import { withHeartbeats } from './heartbeats.js'
import { rejoinNeeded } from './rejoin.js'
import { finish, within } from './stop.js'

export interface ConsumerOptions {
  readonly connection: Connection
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly topics: readonly string[]
  readonly events: Events
  readonly readTopicOffsets: ReadTopicOffsets
  /** Makes the worker of one partition. */
  readonly openPartition: (assigned: Assigned) => PartitionWorker
}

/** A partition that the group has assigned to this worker. */
export type Assigned = Pick<PartitionContext, 'topic' | 'partition' | 'held' | 'commit' | 'fetching' | 'predecessor'>

export interface IngestConsumer {
  start(): Promise<void>
  /**
   * Stores the records that were fetched, commits, and leaves the group. Gives up what takes too long, because a server
   * is away: a successor stores the rest.
   */
  stop(): Promise<void>
  /** Whether the worker is a member of its group. */
  joined(): boolean
  /** The partitions that this worker has now. */
  statuses(): readonly PartitionStatus[]
}

/** Kafka recommends a third of the session, so that two heartbeats may be lost. */
const HEARTBEATS_PER_SESSION = 3
/**
 * More than a worker has partitions: batches of one partition are handled in order, and never wait for another
 * partition.
 */
const CONCURRENCY = 64
const END_OFFSETS_INTERVAL_MS = 5_000
/** How long leaving the group may take, in milliseconds. */
const LEAVE_MS = 5_000
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
  let commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  let endOffsets: NodeJS.Timeout | undefined
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
    // A pause outlasts a rebalance. Each partition starts unpaused, also one that left while it was halted.
    resumeAll()
    for (const [topic, numbers] of assigned) {
      for (const partition of numbers) open(topic, partition, epoch)
    }
    events.assigned([...assigned.values()].reduce((sum, { size }) => sum + size, 0))
  }

  function resumeAll(): void {
    try {
      consumer.resume(consumer.paused())
    } catch {
      // The consumer is not running, and has no pauses.
    }
  }

  /**
   * Makes kafkajs rejoin when it fetches without a membership: while it joins, it fetches nothing. An error that is
   * thrown here is the fetch's own.
   */
  function expectMembership(): void {
    if (!epochs.joined && !stopping.signal.aborted) throw rejoinNeeded()
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
        fetching: fetchingOf(consumer, { topic, partition, isHeld: () => epochs.isOpen(epoch) }),
      }),
    )
  }

  async function handle(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload
    commitOffsets = payload.commitOffsetsIfNecessary
    // A partition may take long to start, and its worker to have room.
    const delivered = deliver(payload, { epochs, partitions, responses, open })
    const taken = await withHeartbeats(heartbeat, heartbeatMs / 2, delivered)
    if (taken) resolveOffset(batch.lastOffset())
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

  async function readEndOffsets(): Promise<void> {
    for (const topic of topics) {
      for (const [partition, { end }] of await options.readTopicOffsets(topic)) {
        partitions.get(topic, partition)?.lag.endIs(end)
      }
    }
  }

  return {
    async start() {
      consumer.on(consumer.events.GROUP_JOIN, assign)
      consumer.on(consumer.events.FETCH_START, expectMembership)
      consumer.on(consumer.events.REBALANCING, events.rejoining)
      consumer.on(consumer.events.CRASH, ({ payload }) => crashed(payload.error))
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await run()
      // When the cluster is away, the partition workers report it; lag stays as it was.
      endOffsets = setInterval(() => void readEndOffsets().catch(() => undefined), END_OFFSETS_INTERVAL_MS)
    },
    async stop() {
      stopping.abort()
      clearInterval(endOffsets)
      await finish(partitions.all())
      const left = await within(LEAVE_MS, consumer.disconnect())
      if (!left) events.leftUncleanly()
    },
    joined: () => epochs.joined,
    statuses: () => partitions.held().map(({ status }) => status),
  }
}
