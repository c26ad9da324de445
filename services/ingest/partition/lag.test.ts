import { crc32c } from '@node-rs/crc32'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SimulatedStore } from '../../../test/fixtures/ingest/simulated_store.js'
import { encodedBatch } from '../../../test/fixtures/records/record_batches.js'
import { createTelemetry } from '../../runtime/telemetry.js'
import { createEvents } from '../events.js'
import { type RecordBatch, recordBatches } from '../fetch/record_batch.js'
import { ByteSemaphore } from '../memory/byte_semaphore.js'
import { makeSegments } from '../memory/segments.js'
import { encodeCommitMetadata } from './committed_offset.js'
import { PartitionWorker } from './partition_worker.js'
import type { Start } from './reconcile.js'

const HOUR = 3_600_000
const BATCH_CONTEXT = { checksum: crc32c, highWatermark: 1_000_000 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The worker of a partition that is committed up to 10, of which Kafka holds records up to `end`. */
function starting(end: number, reconcile: () => Promise<Start> = async () => ({ from: 10, stored: new Set() })) {
  const store = new SimulatedStore()
  const commits: number[] = []
  const worker = new PartitionWorker({
    topic: 't',
    partition: 0,
    stream: 'auth_audits',
    limits: { maxRows: 100, maxBytes: 100_000, maxWaitMs: 50 },
    bytesInFlight: new ByteSemaphore(1_000_000),
    segments: makeSegments(0),
    store,
    deadLetters: { sendFrom: async (_origin, letters) => letters.length },
    marks: { write: async () => undefined },
    events: createEvents(createTelemetry('ingest', 'silent')).partition('auth_audits', 't', 0),
    held: () => true,
    commit: async (offset) => void commits.push(offset),
    fetching: { pause: () => undefined, from: () => undefined },
    predecessor: Promise.resolve(),
    locate: async () => ({
      topicId: 'T',
      committed: { offset: 10, metadata: encodeCommitMetadata({ topicId: 'T' }) },
      ...{ beginning: 0, end },
    }),
    reconcile,
    isStored: async (_topicId, offset) => store.offsets(0).includes(offset),
    maxCommitAgeMs: 15_000,
    haltedRetryMs: 60_000,
    now: Date.now,
  })
  /** Delivers batches as the consumer does; Kafka holds records up to `until`. */
  const deliver = (batches: readonly RecordBatch[], until: number) => {
    for (const { lastOffset, firstTimestamp } of batches) worker.lag.fetched(lastOffset, firstTimestamp)
    worker.lag.endIs(until)
    return worker.offer(batches, 0)
  }
  return { worker, store, commits, deliver }
}

function records(from: number, to: number, timestamp = Date.now()): Promise<RecordBatch[]> {
  const kept = Array.from({ length: to - from + 1 }, (_, index) => ({
    offset: from + index,
    timestamp,
    key: null,
    value: Buffer.from('x'),
  }))
  return encodedBatch(kept).then((bytes) => recordBatches(bytes, BATCH_CONTEXT))
}

/** The end of a transaction. */
function control(offset: number): Promise<RecordBatch[]> {
  const end = { offset, timestamp: Date.now(), key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) }
  return encodedBatch([end], { attributes: 0x30 }).then((bytes) => recordBatches(bytes, BATCH_CONTEXT))
}

it('is not known before the worker knows what is committed', () => {
  expect(starting(30).worker.status.lag).toBeUndefined()
})

it('counts the records behind the commit from the start, while ClickHouse is still asked what is stored', async () => {
  const { worker } = starting(30, () => new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(0)
  expect(worker.status.lag).toEqual({ records: 20, seconds: 0 })
})

it('grows in age while the worker waits for ClickHouse, by the timestamp of the first record', async () => {
  const { worker, deliver } = starting(12, () => new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(0)
  void deliver(await records(10, 11, Date.now() - 5_000), 12)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(worker.status.lag).toEqual({ records: 2, seconds: 65 })
})

it('grows in age also where nothing was fetched yet, from the time at which we know of the records', async () => {
  const { worker } = starting(12)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(worker.status.lag).toEqual({ records: 2, seconds: 30 })
})

it('is none when all records are stored, however long ago', async () => {
  const { worker, deliver } = starting(12)
  await deliver(await records(10, 11), 12)
  await vi.advanceTimersByTimeAsync(HOUR)
  expect(worker.status.lag).toEqual({ records: 0, seconds: 0 })
})

it('has the age of the record that just came, after an idle hour', async () => {
  const { worker, deliver, store } = starting(12)
  await deliver(await records(10, 11), 12)
  await vi.advanceTimersByTimeAsync(HOUR)
  store.broken.set(0, { code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
  await deliver(await records(12, 12), 13)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(worker.status.lag).toEqual({ records: 1, seconds: 2 })
})

it('has the age of the oldest record that is not stored, and not of one that is', async () => {
  const { worker, deliver, store } = starting(12)
  await deliver(await records(10, 11, Date.now() - 60_000), 12)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(worker.status.lag).toEqual({ records: 0, seconds: 0 })
  store.broken.set(0, { code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
  await deliver(await records(12, 13, Date.now() - 40_000), 14)
  await deliver(await records(14, 14), 15)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(worker.status.lag).toEqual({ records: 3, seconds: 50 })
  store.broken.clear()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(worker.status.lag).toEqual({ records: 0, seconds: 0 })
})

it('is none behind the end of a transaction, which is committed too', async () => {
  const { worker, deliver, commits } = starting(13)
  await deliver([...(await records(10, 11)), ...(await control(12))], 13)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(worker.status.lag).toEqual({ records: 0, seconds: 0 })
  expect(commits.at(-1)).toBe(13)
})

it('goes on while the partition is halted', async () => {
  const { worker, deliver, store } = starting(12)
  store.broken.set(0, { code: 'CLICKHOUSE_INCORRECT_DATA', retriable: false })
  await deliver(await records(10, 11), 12)
  await vi.advanceTimersByTimeAsync(30_000)
  worker.lag.endIs(20)
  expect(worker.status).toMatchObject({ halted: true, lag: { records: 10, seconds: 30 } })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(worker.status).toMatchObject({ lag: { records: 10, seconds: 630 } })
})

it('keeps little memory for many batches', async () => {
  const { worker } = starting(12, () => new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(0)
  for (let offset = 10; offset < 100_000; offset++) worker.lag.fetched(offset, 1_000 + offset / 1_000)
  worker.lag.endIs(100_000)
  expect(worker.status.lag?.seconds).toBeCloseTo((Date.now() - 1_000.01) / 1_000, 1)
})
