import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClickHouseServer, startClickHouse } from '../../../deploy/local/clickhouse/start.js'
import { type KafkaServer, startKafka } from '../../../deploy/local/kafka/start.js'
import { randomPasswords } from '../../fixtures/stack/passwords.js'
import { freePorts } from '../../fixtures/stack/ports.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import type { ServiceProcess } from '../../fixtures/stack/service.js'

/** This file has its own servers, because it stops them while the worker runs. */
let dir: string
let kafka: KafkaServer
let clickhouse: ClickHouseServer
let startBroker: () => Promise<KafkaServer>
let startDatabase: () => Promise<ClickHouseServer>
let sandbox: Sandbox

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-stop-'))
  const [port = 0, controllerPort = 0, httpPort = 0, nativePort = 0] = await freePorts(4)
  const passwords = randomPasswords()
  startBroker = () => startKafka({ dir: join(dir, 'kafka'), port, controllerPort })
  startDatabase = () => startClickHouse({ dir: join(dir, 'clickhouse'), httpPort, nativePort, passwords })
  kafka = await startBroker()
  clickhouse = await startDatabase()
  sandbox = await createSandbox({ brokers: kafka.brokers, clickhouse })
})

afterAll(async () => {
  await sandbox.close()
  await Promise.all([kafka.stop(), clickhouse.stop()])
  await rm(dir, { recursive: true, force: true })
})

/** The grace period of a stop, and the shipped session: a worker that does not leave keeps its partitions that long. */
const GRACE_MS = 25_000
const SESSION = { KAFKA_SESSION_TIMEOUT_MS: '30000' }

let emitted = 0
async function emit(count: number): Promise<void> {
  for (let i = 0; i < count; i++) if (sandbox.emitter.emit({ user_id: `user-${emitted}` }).accepted) emitted++
  await sandbox.emitter.flush()
}

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = Date.now()
  const value = await work
  return { value, ms: Date.now() - start }
}

/** How many records the worker has still to store, over all partitions. */
async function lagOf(worker: ServiceProcess): Promise<number> {
  const { url } = await worker.logged(({ msg }) => msg === 'listening')
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const values = [...metrics.matchAll(/^gatelog_ingest_lag_records\{[^}]*\} (\d+)$/gm)]
  return values.reduce((sum, [, value]) => sum + Number(value), 0)
}

/** A worker that takes over stores everything, once. */
async function takeOver(): Promise<ServiceProcess> {
  const { value: successor, ms } = await timed(sandbox.startIngest(SESSION))
  expect(ms, 'the successor gets its partitions at once').toBeLessThan(15_000)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', String(emitted), 60_000)).toBe(String(emitted))
  const places = 'SELECT uniqExact(kafka_partition, kafka_offset) FROM auth_audits'
  expect(await sandbox.scalar(places)).toBe(String(emitted))
  return successor
}

it('a worker stops in time while ClickHouse is away, says what it leaves, and its successor begins at once', async () => {
  const worker = await sandbox.startIngest(SESSION)
  await emit(100)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '100')).toBe('100')
  // The rows are visible before the mark is written; only then has the worker stored them for good.
  await expect.poll(() => lagOf(worker), { timeout: 60_000 }).toBe(0)
  await clickhouse.stop()
  await emit(200)
  await worker.logged(({ msg, step }) => msg === 'step failed; retrying' && step === 'insert')
  // It knows of all records: what it has not heard of it cannot name.
  await expect.poll(() => lagOf(worker), { timeout: 60_000 }).toBe(200)

  const { value: exitCode, ms } = await timed(worker.stop())
  expect(exitCode).toBe(0)
  expect(ms).toBeLessThan(GRACE_MS)
  const left = worker.log.filter(({ msg }) => msg === 'stopped before everything was stored')
  expect(left.length).toBeGreaterThan(0)
  expect(left.reduce((sum, line) => sum + Number(line.left), 0)).toBe(200)
  expect(left[0]).toMatchObject({ topic: sandbox.topic, problem: expect.stringMatching(/^insert fails \(CLICKHOUSE_/) })

  clickhouse = await startDatabase()
  const successor = await takeOver()
  expect(await successor.stop()).toBe(0)
})

it('a worker stops in time while ClickHouse accepts connections and never answers', async () => {
  const sockets = new Set<{ destroy(): void }>()
  const silent: Server = createServer((socket) => void sockets.add(socket))
  const [port = 0] = await freePorts(1)
  await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
  try {
    const worker = await sandbox.startIngest({ ...SESSION, CLICKHOUSE_URL: `http://127.0.0.1:${port}` })
    await emit(50)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const { value: exitCode, ms } = await timed(worker.stop())
    expect(exitCode).toBe(0)
    expect(ms).toBeLessThan(GRACE_MS)
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
  }
  expect(await (await takeOver()).stop()).toBe(0)
})

it('a worker stops in time while Kafka is away, and loses nothing', async () => {
  const worker = await sandbox.startIngest(SESSION)
  await emit(100)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', String(emitted))).toBe(String(emitted))
  await kafka.stop()
  await new Promise((resolve) => setTimeout(resolve, 3_000))

  const { value: exitCode, ms } = await timed(worker.stop())
  expect(exitCode).toBe(0)
  expect(ms).toBeLessThan(GRACE_MS)

  kafka = await startBroker()
  await emit(100)
  await sandbox.startIngest(SESSION)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', String(emitted), 90_000)).toBe(String(emitted))
})
