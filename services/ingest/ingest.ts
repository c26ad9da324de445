import type { ClickHouseClient } from '@clickhouse/client'
import { Partitioners } from 'kafkajs'
import { operationPaths } from '../../schemas/derive/openapi/operations.js'
import type { Stream } from '../../schemas/streams/index.js'
import type { Telemetry } from '../runtime/telemetry.js'
import type { IngestConfig } from './config.js'
import { type Assigned, createConsumer } from './consumer.js'
import { createEvents } from './events.js'
import type { Connection } from './fetch/connection.js'
import { Budget } from './memory/budget.js'
import { makeSegments } from './memory/segments.js'
import { kafkaDeadLetters } from './partition/dead_letters.js'
import { clickHouseMarks } from './partition/marks.js'
import { Lane, type LaneContext } from './partition/partition_worker.js'
import { type Committed, clickHouseLedger, reconcile } from './partition/reconcile.js'
import { topicIdReader } from './partition/topic_id.js'
import { openStore } from './store/store.js'

export interface IngestOptions {
  readonly config: IngestConfig
  readonly streams: readonly Stream[]
  readonly telemetry: Telemetry
  readonly connection: Connection
  readonly clickhouse: ClickHouseClient
  readonly onFatal: (error: Error) => void
  /** Wraps what each lane works with: the seam at which the chaos suite puts its faults between the protocol's steps. */
  readonly decorate?: (context: LaneContext) => LaneContext
}

export interface Ingest {
  readonly openapi: object
  start(): Promise<void>
  stop(): Promise<void>
  /** What the worker waits for, or undefined when it does its work. */
  ready(): string | undefined
}

/** Wires the parts of a worker together: consume → range → transcode → insert → commit. */
export function createIngest(options: IngestOptions): Ingest {
  const { config, streams, telemetry, connection, clickhouse } = options
  const { kafka } = connection
  const events = createEvents(telemetry)
  const budget = new Budget(config.INGEST_MAX_BYTES_IN_FLIGHT)
  events.bytesInFlight(() => budget.used)
  const streamOf = new Map(streams.map((stream) => [`${config.KAFKA_TOPIC_PREFIX}${stream.name}`, stream.name]))
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 3 },
  })
  const admin = kafka.admin()
  const readTopicId = topicIdReader(config.KAFKA_BROKERS, 'gatelog-ingest')
  const deadLetters = kafkaDeadLetters(producer)
  const marks = clickHouseMarks(clickhouse)
  const segments = makeSegments(config.INGEST_MAX_BYTES_IN_FLIGHT * SEGMENTS_PER_BYTE_IN_FLIGHT)
  const store = openStore(
    {
      clickhouse: config,
      requestTimeoutMs: INSERT_TIMEOUT_MS,
      registryUrl: config.SCHEMA_REGISTRY_URL,
      segments: segments.shared,
    },
    options.onFatal,
  )

  async function committed(topic: string, partition: number): Promise<Committed> {
    const [group] = await admin.fetchOffsets({ groupId: config.KAFKA_GROUP_ID, topics: [topic] })
    const found = group?.partitions.find((entry) => entry.partition === partition)
    const offset = Number(found?.offset ?? -1)
    return { offset: offset < 0 ? undefined : offset, metadata: found?.metadata ?? null }
  }

  function openLane(assigned: Assigned): Lane {
    const { topic, partition } = assigned
    const stream = streamOf.get(topic) as string
    const ledger = clickHouseLedger(clickhouse, stream)
    const context: LaneContext = {
      ...assigned,
      stream,
      limits: {
        maxRows: config.INGEST_MAX_ROWS,
        maxBytes: config.INGEST_MAX_BYTES,
        maxWaitMs: config.INGEST_MAX_WAIT_MS,
      },
      budget,
      segments,
      store,
      deadLetters,
      marks,
      events: events.partition(stream, topic, partition),
      locate: async () => ({ topicId: await readTopicId(topic), committed: await committed(topic, partition) }),
      isStored: async (topicId, offset) => (await ledger.stored(topicId, partition, offset, offset)).length > 0,
      reconcile: (topicId, position) => reconcile(topicId, partition, position, ledger),
      // A worker that was silent for a session has lost its partitions; half of it leaves room for clocks that differ.
      maxFenceAgeMs: config.KAFKA_SESSION_TIMEOUT_MS / 2,
      now: Date.now,
    }
    return new Lane(options.decorate?.(context) ?? context)
  }

  const consumer = createConsumer({
    connection,
    groupId: config.KAFKA_GROUP_ID,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    topics: [...streamOf.keys()],
    events,
    openLane,
  })

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
      await producer.disconnect()
      await admin.disconnect()
      await store.close()
      await clickhouse.close()
    },
    ready() {
      if (!consumer.joined()) return 'the consumer group'
      const troubles = events.troubles()
      return troubles.length === 0 ? undefined : troubles.join('; ')
    },
  }
}

/** Columns take more than the records did where those are small, and each range fills a segment in part. What is not needed is not touched. */
const SEGMENTS_PER_BYTE_IN_FLIGHT = 2
/** Longer than ClickHouse takes for a block, shorter than a session: an insert without an answer is asked again under its token. */
const INSERT_TIMEOUT_MS = 20_000
