import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SimulatedKafka, TOPIC } from '../../../test/fixtures/ingest/simulated_kafka.js'
import { SimulatedStore } from '../../../test/fixtures/ingest/simulated_store.js'
import { createTelemetry } from '../../runtime/telemetry.js'
import { createEvents } from '../events.js'
import type { Failure } from '../failures.js'
import { ByteSemaphore } from '../memory/byte_semaphore.js'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { makeSegments } from '../memory/segments.js'
import { encodeCommitMetadata } from '../partition/committed_offset.js'
import { PartitionWorker } from '../partition/partition_worker.js'
import { reconcile } from '../partition/reconcile.js'
import { problemsOf } from '../status_gauges.js'
import { createConsumer } from './consumer.js'

const PARTITIONS = 3
const ALL = [0, 1, 2]
const TOPIC_ID = 'T'
const RETRY_MS = 60_000
/**
 * Longer than a range waits, an idle worker waits to commit, kafkajs takes for a round, and the worker between two
 * looks at what Kafka holds.
 */
const SETTLE_MS = 6_000

const FAILURES = {
  final: { code: 'CLICKHOUSE_INCORRECT_DATA', retriable: false },
  unknown: { code: 'CLICKHOUSE_SOMETHING_NEW', retriable: false, unknown: true },
  /** The step is retried, with pauses; the partition does not halt. */
  passing: { code: 'CLICKHOUSE_UNREACHABLE', retriable: true },
} as const satisfies Record<string, Failure>

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A worker over a simulated Kafka and a simulated store, and what happens to them. */
async function worker() {
  const kafka = new SimulatedKafka(PARTITIONS)
  const store = new SimulatedStore()
  const telemetry = createTelemetry('ingest', 'silent')
  const events = createEvents(telemetry)
  const bytesInFlight = new ByteSemaphore(1_000_000)
  const consumer = createConsumer({
    connection: { kafka: kafka.kafka, responses: new ResponseBuffers() },
    groupId: 'g',
    sessionTimeoutMs: 30_000,
    topics: [TOPIC],
    events,
    readTopicOffsets: async () => new Map(kafka.partitions.map(({ end }, index) => [index, { beginning: 0, end }])),
    openPartition: (assigned) => {
      const { partition } = assigned
      return new PartitionWorker({
        ...assigned,
        stream: 'auth_audits',
        limits: { maxRows: 4, maxBytes: 10_000, maxWaitMs: 50 },
        bytesInFlight,
        segments: makeSegments(0),
        store,
        deadLetters: { sendFrom: async (_origin, letters) => letters.length },
        marks: { write: async () => undefined },
        events: events.partition('auth_audits', TOPIC, partition),
        locate: async () => {
          const { committed, end } = kafka.partitions[partition] as SimulatedKafka['partitions'][number]
          return {
            topicId: TOPIC_ID,
            committed: { offset: committed?.offset, metadata: committed?.metadata ?? null },
            ...{ beginning: 0, end },
          }
        },
        reconcile: (topicId, committed) =>
          reconcile(topicId, partition, committed, {
            mark: async () => undefined,
            stored: async (_id, _partition, from, to) =>
              store.offsets(partition).filter((offset) => offset >= from && offset <= to),
          }),
        isStored: async (_id, offset) => store.offsets(partition).includes(offset),
        maxCommitAgeMs: 15_000,
        haltedRetryMs: RETRY_MS,
        now: Date.now,
      })
    },
  })
  events.partitions(consumer.statuses)
  await consumer.start()
  const gauge = async (name: string, label: string) => {
    const values = (await telemetry.metrics.getSingleMetric(name)?.get())?.values ?? []
    return new Map(values.map(({ labels, value }) => [String(labels[label]), value]))
  }
  return { kafka, store, consumer, gauge, bytesInFlight }
}

type World = Awaited<ReturnType<typeof worker>>

/** What the model knows beside the simulated servers: which partitions are assigned, and when each record came. */
interface Model {
  assigned: readonly number[]
  /** Partitions with a step that was retried: they may wait a while after a repair, and be paused for want of room. */
  readonly retried: Set<number>
  readonly arrivals: readonly number[][]
}

type Action = (world: World, model: Model) => Promise<void>

/** Another worker stores all of a partition that left this one. */
function storeElsewhere({ kafka, store }: World, partition: number): void {
  const kept = kafka.partitions[partition] as SimulatedKafka['partitions'][number]
  const stored = new Set(store.offsets(partition))
  store.add(
    partition,
    Array.from({ length: kept.end }, (_, offset) => offset).filter((offset) => !stored.has(offset)),
  )
  kept.committed = { offset: kept.end, metadata: encodeCommitMetadata({ topicId: TOPIC_ID }) }
}

const partition = fc.nat(PARTITIONS - 1)
const named = (name: string, action: Action) => Object.assign(action, { toString: () => name })
const actions = fc.oneof(
  fc.tuple(partition, fc.integer({ min: 1, max: 40 })).map(([number, count]) =>
    named(`produce ${count} to ${number}`, async ({ kafka }, { arrivals }) => {
      arrivals[number]?.push(...Array.from({ length: count }, () => Date.now()))
      await kafka.produce(number, count)
    }),
  ),
  fc.tuple(partition, fc.constantFrom('final', 'unknown', 'passing')).map(([number, kind]) =>
    named(`break ${number} (${kind})`, async ({ store }, { retried }) => {
      if (kind === 'passing') retried.add(number)
      store.broken.set(number, FAILURES[kind as keyof typeof FAILURES])
    }),
  ),
  partition.map((number) =>
    named(`repair ${number}`, async ({ store }) => {
      store.broken.delete(number)
    }),
  ),
  fc.tuple(fc.subarray(ALL), fc.boolean()).map(([numbers, elsewhere]) =>
    named(`assign ${numbers.join()}${elsewhere ? ', others store the rest' : ''}`, async (world, model) => {
      await world.kafka.leave()
      if (elsewhere) {
        for (let each = 0; each < PARTITIONS; each++) if (!numbers.includes(each)) storeElsewhere(world, each)
      }
      await world.kafka.assign(numbers)
      model.assigned = numbers
    }),
  ),
  fc.constant(
    named('rebalance begins', async ({ kafka }, model) => {
      await kafka.leave()
      model.assigned = []
    }),
  ),
  fc.constant(
    named('crash', async ({ kafka }, model) => {
      await kafka.crash()
      model.assigned = []
    }),
  ),
  fc.constantFrom(1_000, 20_000, RETRY_MS).map((milliseconds) =>
    named(`wait ${milliseconds}`, async () => {
      await vi.advanceTimersByTimeAsync(milliseconds)
    }),
  ),
)

/** Everything that the worker says of itself, held against what is stored. */
async function check({ kafka, store, consumer, gauge }: World, { assigned, arrivals, retried }: Model): Promise<void> {
  const statuses = consumer.statuses()
  expect(statuses.map((status) => status.partition).sort()).toEqual([...assigned].sort())
  const halted = statuses.filter((status) => status.halted).map((status) => status.partition)
  const isSteady = (number: number) => !retried.has(number)
  const paused = kafka.paused.filter(isSteady)
  expect(paused.sort(), 'a partition is paused exactly while it is halted').toEqual(halted.filter(isSteady).sort())
  const total = [...(await gauge('gatelog_ingest_halted_partitions', 'stream')).values()]
  expect(total.reduce((sum, count) => sum + count, 0)).toBe(halted.length)
  const problems = problemsOf(statuses) ?? ''
  expect(problems.split('; ').filter((text) => text.includes('halted'))).toHaveLength(halted.length)

  const records = await gauge('gatelog_ingest_lag_records', 'partition')
  const seconds = await gauge('gatelog_ingest_lag_seconds', 'partition')
  expect([...records.keys()].map(Number).sort()).toEqual([...assigned].sort())
  for (const number of assigned) {
    const stored = store.offsets(number).length
    const end = kafka.partitions[number]?.end ?? 0
    expect(records.get(String(number)), `lag of ${number}`).toBe(end - stored)
    const oldest = arrivals[number]?.[stored]
    expect(seconds.get(String(number)), `age in ${number}`).toBeCloseTo(
      oldest === undefined ? 0 : (Date.now() - oldest) / 1000,
      0,
    )
    if (isSteady(number))
      expect(halted.includes(number), `${number} is halted exactly while it has records that are not stored`).toBe(
        stored < end,
      )
  }
  expect(store.duplicates).toEqual([])
}

it('a halt concerns its partition alone, heals, and is reported truthfully, in every order of halt, revoke, reassign and repair', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 25 }), async (plan) => {
      const world = await worker()
      const model: Model = { assigned: ALL, retried: new Set(), arrivals: Array.from({ length: PARTITIONS }, () => []) }
      await world.kafka.assign(ALL)
      for (const action of plan) {
        await action(world, model)
        await vi.advanceTimersByTimeAsync(SETTLE_MS)
        await check(world, model)
      }
      // Repaired, all records are stored within a retry, by this assignment and by the next one.
      world.store.broken.clear()
      for (const assign of [async () => undefined, () => world.kafka.assign(ALL)]) {
        await assign()
        await vi.advanceTimersByTimeAsync(RETRY_MS + SETTLE_MS)
        expect(world.consumer.statuses().filter(({ halted, lag }) => halted || lag?.records !== 0)).toEqual([])
      }
      model.retried.clear()
      await check(world, { ...model, assigned: ALL })
      expect(world.bytesInFlight.used).toBe(0)
      const stopped = world.consumer.stop()
      await vi.advanceTimersByTimeAsync(SETTLE_MS)
      await stopped
      world.kafka.close()
    }),
    { numRuns: 100 },
  )
}, 60_000)

it('a partition whose step is retried holds up no other, and loses nothing', async () => {
  const world = await worker()
  const { kafka, store } = world
  const away: Failure = { code: 'CLICKHOUSE_UNREACHABLE', retriable: true }
  await kafka.assign(ALL)
  store.broken.set(0, away)
  await kafka.produce(0, 100)
  await vi.advanceTimersByTimeAsync(SETTLE_MS)
  await kafka.produce(1, 100)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(store.offsets(1)).toHaveLength(100)
  await kafka.produce(1, 10)
  await vi.advanceTimersByTimeAsync(SETTLE_MS)
  expect(store.offsets(1)).toHaveLength(110)
  expect(problemsOf(world.consumer.statuses())).toBe(`${TOPIC}-0: insert fails (${away.code})`)

  store.broken.clear()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(store.offsets(0)).toHaveLength(100)
  expect(store.duplicates).toEqual([])
  await kafka.produce(0, 10)
  await vi.advanceTimersByTimeAsync(SETTLE_MS)
  expect(world.consumer.statuses().map(({ lag, problem }) => [lag?.records, problem])).toEqual(
    ALL.map(() => [0, undefined]),
  )
  kafka.close()
})

it('a rebalance between a seek and the next fetch loses nothing: the seek outlasts it', async () => {
  const { kafka, store } = await worker()
  await kafka.assign(ALL)
  store.broken.set(0, FAILURES.passing)
  // One batch a record: Kafka returns whole batches, which would cover a gap.
  for (let record = 0; record < 100; record++) await kafka.produce(0, 1)
  await vi.advanceTimersByTimeAsync(8_000)
  expect(kafka.paused).toEqual([0])
  store.insertMs = 500
  store.broken.clear()
  for (let waited = 0; !kafka.seeking.includes(0); waited += 1) {
    expect(waited).toBeLessThan(20_000)
    await vi.advanceTimersByTimeAsync(1)
  }
  // Records were taken that are not stored. The new assignment begins before them, at what is committed.
  await kafka.assign([1])
  await kafka.assign(ALL)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(store.offsets(0)).toHaveLength(100)
  expect(store.duplicates).toEqual([])
  kafka.close()
})
