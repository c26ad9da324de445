import type { ClickHouseClient } from '@clickhouse/client'
import { Partitioners } from 'kafkajs'
import { operationPaths } from '../../schemas/derive/openapi/operations.js'
import type { Stream } from '../../schemas/streams/index.js'
import type { Telemetry } from '../runtime/telemetry.js'
import type { IngestConfig } from './config.js'
import { type Assigned, createConsumer } from './consumer/consumer.js'
import { within } from './consumer/stop.js'
import { createEvents } from './events.js'
import type { Connection } from './fetch/connection.js'
import { ByteSemaphore } from './memory/byte_semaphore.js'
import { makeSegments } from './memory/segments.js'
import type { CommittedOffset } from './partition/committed_offset.js'
import { kafkaDeadLetters } from './partition/dead_letters.js'
import { clickHouseMarks } from './partition/marks.js'
import type { Location, PartitionContext } from './partition/partition_context.js'
import { PartitionWorker } from './partition/partition_worker.js'
import { clickHouseLedger, reconcile } from './partition/reconcile.js'
import { topicIdReader } from './partition/topic_id.js'
import { topicOffsetsReader } from './partition/topic_offsets.js'
import { problemsOf } from './status_gauges.js'
import { openStore } from './store/store.js'

export interface IngestOptions {
  readonly config: IngestConfig
  readonly streams: readonly Stream[]
  readonly telemetry: Telemetry
  readonly connection: Connection
  readonly clickhouse: ClickHouseClient
  readonly onFatal: (error: Error) => void
  /** Wraps the context of each partition worker. The chaos suite uses it to put faults between the protocol's steps. */
  readonly decorate?: (context: PartitionContext) => PartitionContext
}

export interface Ingest {
  readonly openapi: object
  start(): Promise<void>
  stop(): Promise<void>
  /** What the worker waits for; undefined when it is ready. */
  ready(): string | undefined
}

/** Wires the parts of a worker together: consume → range → transcode → insert → commit. */
export function createIngest(options: IngestOptions): Ingest {
  const { config, streams, telemetry, connection, clickhouse } = options
  const { kafka } = connection
  const events = createEvents(telemetry)
  const bytesInFlight = new ByteSemaphore(config.INGEST_MAX_BYTES_IN_FLIGHT)
  events.bytesInFlight(() => bytesInFlight.used)
  const streamOf = new Map(streams.map((stream) => [`${config.KAFKA_TOPIC_PREFIX}${stream.name}`, stream.name]))
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 3 },
  })
  const admin = kafka.admin()
  const readTopicId = topicIdReader(config, 'gatelog-ingest')
  const readTopicOffsets = topicOffsetsReader(admin)
  const deadLetters = kafkaDeadLetters(producer)
  const marks = clickHouseMarks(clickhouse)
  const segments = makeSegments(config.INGEST_MAX_BYTES_IN_FLIGHT * SEGMENTS_PER_BYTE_IN_FLIGHT)
  const store = openStore(
    {
      clickhouse: config,
      requestTimeoutMs: INSERT_TIMEOUT_MS,
      registry: config,
      segments: segments.shared,
    },
    options.onFatal,
  )

  async function committed(topic: string, partition: number): Promise<CommittedOffset> {
    const [group] = await admin.fetchOffsets({ groupId: config.KAFKA_GROUP_ID, topics: [topic] })
    const found = group?.partitions.find((entry) => entry.partition === partition)
    const offset = Number(found?.offset ?? -1)
    return { offset: offset < 0 ? undefined : offset, metadata: found?.metadata ?? null }
  }

  async function locate(topic: string, partition: number): Promise<Location> {
    const topicId = await readTopicId(topic)
    const offsets = (await readTopicOffsets(topic)).get(partition)
    if (offsets === undefined) throw new Error(`Kafka does not list partition ${partition} of ${topic}.`)
    return { topicId, committed: await committed(topic, partition), ...offsets }
  }

  function openPartition(assigned: Assigned): PartitionWorker {
    const { topic, partition } = assigned
    const stream = streamOf.get(topic) as string
    const ledger = clickHouseLedger(clickhouse, stream)
    const context: PartitionContext = {
      ...assigned,
      stream,
      limits: {
        maxRows: config.INGEST_MAX_ROWS,
        maxBytes: config.INGEST_MAX_BYTES,
        maxWaitMs: config.INGEST_MAX_WAIT_MS,
      },
      bytesInFlight,
      segments,
      store,
      deadLetters,
      marks,
      events: events.partition(stream, topic, partition),
      locate: () => locate(topic, partition),
      haltedRetryMs: config.INGEST_HALTED_RETRY_MS,
      isStored: async (topicId, offset) => (await ledger.stored(topicId, partition, offset, offset)).length > 0,
      reconcile: (topicId, offset) => reconcile(topicId, partition, offset, ledger),
      // A worker that was silent for a session has lost its partitions. Half of it leaves room for clocks that differ.
      maxCommitAgeMs: config.KAFKA_SESSION_TIMEOUT_MS / 2,
      now: Date.now,
    }
    return new PartitionWorker(options.decorate?.(context) ?? context)
  }

  const consumer = createConsumer({
    connection,
    groupId: config.KAFKA_GROUP_ID,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    topics: [...streamOf.keys()],
    events,
    readTopicOffsets,
    openPartition,
  })
  events.partitions(consumer.statuses)

  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Gatelog ingest', version: '1', description: 'Health and metrics of an ingest worker.' },
      paths: operationPaths,
    },
    async start() {
      await admin.connect()
      await producer.connect()
      await consumer.start()
    },
    async stop() {
      await consumer.stop()
      await Promise.all([within(DISCONNECT_MS, producer.disconnect()), within(DISCONNECT_MS, admin.disconnect())])
      await store.close()
      await clickhouse.close()
    },
    ready() {
      if (!consumer.joined()) return 'the consumer group'
      return problemsOf(consumer.statuses())
    },
  }
}

/**
 * Columns of small records take more memory than the records, and each range fills its last segment in part. Unused
 * segments are never touched.
 */
const SEGMENTS_PER_BYTE_IN_FLIGHT = 2
/**
 * Longer than ClickHouse takes for a block, shorter than a session. An insert without a response is retried under its
 * token.
 */
const INSERT_TIMEOUT_MS = 20_000
/** How long a connection to Kafka may take to close, in milliseconds. */
const DISCONNECT_MS = 2_000
