import kafkajs, { type ConsumerGroupJoinEvent, type EachBatchPayload, PartitionAssigners } from 'kafkajs'
import { backOff } from './backoff.js'
import type { Events } from './events.js'
import { isUnknownMember } from './failures.js'
import type { Connection } from './fetch/connection.js'
import { batchesOf, firstOffsetOf, readWholeBatches, responseOf } from './fetch/whole_batches.js'
import { Lanes } from './partition/assigned_partitions.js'
import { Fence, fencedAssigner } from './partition/epoch.js'
import type { Lane, LaneContext } from './partition/partition_worker.js'

export interface ConsumerOptions {
  readonly connection: Connection
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly topics: readonly string[]
  readonly events: Events
  /** Makes the lane of one partition. */
  readonly openLane: (assigned: Assigned) => Lane
}

/** What the group has given to this worker, as a lane needs it. */
export type Assigned = Pick<LaneContext, 'topic' | 'partition' | 'held' | 'commit' | 'seek' | 'predecessor'>

export interface IngestConsumer {
  start(): Promise<void>
  /** Stores what was fetched, commits, and leaves the group. */
  stop(): Promise<void>
  /** Whether the worker belongs to its group. */
  joined(): boolean
}

/** A third of the session, as Kafka advises, so that two heartbeats may be lost. */
const HEARTBEATS_PER_SESSION = 3
/** More than a worker has partitions: each partition's batches are handled in order, and none waits for another's. */
const CONCURRENCY = 64
/** Kafka's name for a partition's beginning (ListOffsets, timestamp -2). */
const EARLIEST = -2
const WATERMARK_INTERVAL_MS = 5_000
/** One partition may fill a fetch: then a few ranges grow at once and become large, where a little of each partition would leave all small. */
const FETCH_BYTES = 8 * 1024 * 1024

/** Reads the topics as one member of the group, and hands each partition's records to its lane. */
export function createConsumer(options: ConsumerOptions): IngestConsumer {
  const { connection, events, topics } = options
  const { kafka, responses } = connection
  readWholeBatches(responses)
  const fence = new Fence()
  const lanes = new Lanes()
  const heartbeatMs = Math.floor(options.sessionTimeoutMs / HEARTBEATS_PER_SESSION)
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: options.sessionTimeoutMs * 2,
    partitionAssigners: [fencedAssigner(PartitionAssigners.roundRobin, fence)],
    maxBytesPerPartition: FETCH_BYTES,
    maxBytes: FETCH_BYTES,
    maxWaitTimeInMs: 100,
    // kafkajs would wait up to half a minute between tries: a broker that is back would be idle for as long.
    retry: { initialRetryTime: 100, maxRetryTime: 3_000, retries: 10, restartOnFailure: async () => false },
  })
  const admin = kafka.admin()
  let commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  let watermarks: NodeJS.Timeout | undefined
  const stopping = new AbortController()
  /** Since the group was joined last. */
  let crashes = 0

  function assign({ payload }: ConsumerGroupJoinEvent): void {
    const epoch = fence.rise()
    crashes = 0
    // The group may be formed anew while the worker stops: it begins nothing then, and leaves.
    const given = stopping.signal.aborted ? {} : payload.memberAssignment
    const assigned = new Map(Object.entries(given).map(([topic, list]) => [topic, new Set(list)]))
    lanes.revokeExcept((topic, partition) => assigned.get(topic)?.has(partition) ?? false)
    for (const [topic, partitions] of assigned) {
      for (const partition of partitions) open(topic, partition, epoch)
    }
    events.assigned([...assigned.values()].reduce((sum, { size }) => sum + size, 0))
  }

  function open(topic: string, partition: number, epoch: number): Lane {
    return lanes.replace(topic, partition, (predecessor) =>
      options.openLane({
        topic,
        partition,
        predecessor,
        held: () => fence.holds(epoch),
        commit: async (offset, metadata) => {
          const partitions = [{ partition, offset: String(offset), metadata }]
          try {
            // Not `consumer.commitOffsets`: that resolves without having committed when the consumer is not running.
            await commitOffsets?.({ topics: [{ topic, partitions }] })
          } catch (error) {
            if (isUnknownMember(error) && fence.holds(epoch)) fence.fall()
            throw error
          }
        },
        seek: (offset) => consumer.seek({ topic, partition, offset: String(offset ?? EARLIEST) }),
      }),
    )
  }

  async function handle(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload
    if (!fence.joined && !stopping.signal.aborted) throw rejoinNeeded()
    commitOffsets = payload.commitOffsetsIfNecessary
    // A partition may take long to begin, and its lane to have room: the membership is kept alive through both.
    const lane = await withHeartbeats(heartbeat, heartbeatMs / 2, deliverAndRelease(payload))
    if (lane === undefined) return
    if (lane.state === 'halted') consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }])
    else resolveOffset(batch.lastOffset())
  }

  /** What is delivered has been copied, or will not be taken. */
  async function deliverAndRelease(payload: EachBatchPayload): Promise<Lane | undefined> {
    const response = responseOf(payload.batch)
    try {
      return await deliver(payload)
    } finally {
      if (response !== undefined) responses.release(response)
    }
  }

  /** Gives a batch to its lane and returns the lane, or undefined when the batch is no longer to be taken. */
  async function deliver({ batch, isStale }: EachBatchPayload): Promise<Lane | undefined> {
    const { topic, partition } = batch
    const batches = batchesOf(batch)
    const firstOffset = firstOffsetOf(batch)
    const { epoch } = fence
    const lane = await current(topic, partition, firstOffset, epoch)
    if (lane === undefined || isStale() || !fence.holds(epoch)) return undefined
    lane.context.events.watermark(Number(batch.highWatermark))
    lane.context.events.fetched(firstOffset, batches[0]?.firstTimestamp ?? 0)
    await lane.offer(batches)
    return lane
  }

  /**
   * The lane that a batch belongs to. Offsets that go back are either a batch that kafkajs delivers again, which the lane passes over, or
   * the beginning of a topic that was made anew under our hands, which needs a lane of its own.
   */
  async function current(
    topic: string,
    partition: number,
    firstOffset: number,
    epoch: number,
  ): Promise<Lane | undefined> {
    const lane = lanes.get(topic, partition)
    const expected = await lane?.expected()
    if (lane === undefined || expected === undefined || firstOffset >= expected) return lane
    const { topicId } = await lane.context.locate()
    return topicId === lane.topicId || !fence.holds(epoch) ? lane : open(topic, partition, epoch)
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
   * kafkajs has given the consumer up, and left the group. It would take it up again after errors that it knows, but not after others, such
   * as its own "Broker not connected" when a broker comes back: so it never does, and here it is taken up after all of them.
   */
  async function crashed(error: unknown): Promise<void> {
    fence.fall()
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
        lanes.get(topic, partition)?.context.events.watermark(Number(high))
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
      // A cluster that is away is told of by the lanes; lag simply stays as it was.
      watermarks = setInterval(() => void readWatermarks().catch(() => undefined), WATERMARK_INTERVAL_MS)
    },
    async stop() {
      stopping.abort()
      clearInterval(watermarks)
      await Promise.all(lanes.all().map((lane) => lane.drain()))
      await consumer.disconnect()
      await admin.disconnect()
    },
    joined: () => fence.joined,
  }
}

/** Of Kafka's errors the one at which kafkajs joins its group anew. */
const REJOIN = 'REBALANCE_IN_PROGRESS'

/**
 * What has kafkajs join the group anew. Once it has been told that it is no member, and its request to join has failed with its connection,
 * kafkajs 2.2.4 goes on fetching as nobody: it sends no heartbeats then, so nothing would tell it again.
 */
function rejoinNeeded(): Error {
  const cause = Object.assign(new Error('The worker is no member of its group'), { type: REJOIN })
  return new kafkajs.KafkaJSProtocolError(cause)
}

/**
 * Waits for `work` and keeps the membership alive meanwhile. Rejects when the group is being formed anew, so that kafkajs can join it.
 * kafkajs leaves a heartbeat out that comes before its interval has passed: asked more often than that, none is late by a whole one.
 */
async function withHeartbeats<T>(heartbeat: () => Promise<void>, everyMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const lost = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => void heartbeat().catch(reject), everyMs)
  })
  try {
    return await Promise.race([work, lost])
  } finally {
    clearInterval(timer)
  }
}
