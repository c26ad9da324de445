import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { startKafka } from '../../deploy/local/kafka/start.js'
import { streams } from '../../schemas/streams/index.js'
import { type AuthAudit, createEmitter, type EmitterConfig, kafkaProducer } from '../../services/emitter/index.js'
import { createTopics } from '../../services/migrate/topics.js'
import { freePorts } from '../fixtures/stack/ports.js'
import { median } from './cost.js'

const PER_SECOND = 20_000
const TICK_MS = 5

/** A sign-in as a stage knows it: 15 fields, a browser's user agent, 430 bytes when encoded. */
function signIn(index: number): AuthAudit {
  return {
    user_id: `user-${index % 20_000}`,
    upstream_user_id: `person.${index % 20_000}@example.com`,
    org_id: `org-${index % 200}`,
    org_name: `Example ${index % 200} Ltd`,
    event: 'Success',
    result: 'Success',
    stage: 'Login',
    source_ip: `198.51.${index % 200}.${index % 250}`,
    trace_id: randomUUID(),
    session: randomUUID(),
    issuer: 'https://auth.example.com/realms/example',
    client_id: 'mail-web',
    application_name: 'Mail',
    upstream_idp: 'google',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  }
}

/** A producer that takes everything at once. */
const nowhere: EmitterConfig['createProducer'] = () => ({
  connect: async () => {},
  disconnect: async () => {},
  send: async () => undefined,
})
const away: EmitterConfig['createProducer'] = () => ({
  connect: () => Promise.reject(new Error('away')),
  disconnect: async () => {},
  send: async () => undefined,
})

export async function benchEmitter(records: number, rounds: number): Promise<void> {
  await benchCall(rounds)
  await benchSpool(records, rounds)
  await benchKafka(records, rounds)
}

/** The time of `emit` on the caller's thread, beside `pino.info` of the same object, in turn. */
async function benchCall(rounds: number): Promise<void> {
  const CALLS = 20_000
  const given = Array.from({ length: CALLS }, (_, index) => signIn(index))
  const log = pino(pino.destination({ dest: '/dev/null', sync: true }))
  const emits: number[] = []
  const infos: number[] = []
  for (let round = 0; round <= rounds * 5; round++) {
    const emitter = createEmitter({ createProducer: nowhere, maxQueueBytes: 1024 ** 3, lingerMs: 1_000 })
    const emit = microseconds(given, (record) => emitter.emit(record))
    const info = microseconds(given, (record) => log.info(record, 'signed in'))
    await emitter.close()
    // The first round compiles.
    if (round > 0) emits.push(emit)
    if (round > 0) infos.push(info)
  }
  const [emit, info] = [median(emits), median(infos)]
  console.log(`emit ${emit.toFixed(1)} µs, pino.info ${info.toFixed(1)} µs, ratio ${(emit / info).toFixed(2)}`)
}

function microseconds(given: readonly AuthAudit[], call: (record: AuthAudit) => void): number {
  const began = performance.now()
  for (const record of given) call(record)
  return ((performance.now() - began) * 1_000) / given.length
}

/** Records to disk while Kafka is away, and from disk to a producer that takes everything at once. */
async function benchSpool(records: number, rounds: number): Promise<void> {
  const emits: number[] = []
  const drains: number[] = []
  for (let round = 0; round < rounds; round++) {
    const dir = await mkdtemp(join(tmpdir(), 'gatelog-bench-'))
    try {
      const config = { maxQueueBytes: 1024 * 1024, closeTimeoutMs: 1, spool: { dir } }
      const given = Array.from({ length: 10_000 }, (_, index) => signIn(index))
      const absent = createEmitter({ ...config, createProducer: away })
      const spooled = await rate(absent.emit, given, records)
      await absent.close()
      emits.push(spooled)
      const emitter = createEmitter({ ...config, maxQueueBytes: 32 * 1024 * 1024, createProducer: nowhere })
      const began = performance.now()
      await emitter.flush()
      drains.push((records * 1_000) / (performance.now() - began))
      await emitter.close()
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
  console.log(`spool: emit to disk ${perSecond(emits)}, drain ${perSecond(drains)}`)
}

async function rate(
  emit: (record: AuthAudit) => unknown,
  given: readonly AuthAudit[],
  records: number,
): Promise<number> {
  const began = performance.now()
  for (let index = 0; index < records; index++) {
    emit(given[index % given.length] as AuthAudit)
    if (index % 100 === 0) await turn()
  }
  return (records * 1_000) / (performance.now() - began)
}

/** Throughput to a broker beside this process, and how late timers are at a constant rate. */
async function benchKafka(records: number, rounds: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gatelog-bench-'))
  const [port = 0, controllerPort = 0] = await freePorts(2)
  const broker = await startKafka({ dir, port, controllerPort, heapMb: 1_024 })
  try {
    const kafka = new Kafka({ clientId: 'gatelog-bench', brokers: [...broker.brokers], logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    await createTopics(admin, streams, { prefix: '', partitions: 6, replicationFactor: 1 })
    await admin.disconnect()
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) rates.push(await throughput(kafka, records))
    console.log(`to Kafka: ${perSecond(rates)}`)
    await benchDelay(kafka)
  } finally {
    await broker.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function throughput(kafka: Kafka, records: number): Promise<number> {
  const emitter = createEmitter({ createProducer: kafkaProducer(kafka) })
  await emitter.publish(signIn(0))
  const began = performance.now()
  for (let index = 0; index < records; ) {
    if (emitter.emit(signIn(index)).accepted) index++
    else await delay(1)
    if (index % 500 === 0) await turn()
  }
  await emitter.flush()
  const measured = (records * 1_000) / (performance.now() - began)
  await emitter.close()
  return measured
}

async function benchDelay(kafka: Kafka): Promise<void> {
  const SECONDS = 15
  const emitter = createEmitter({ createProducer: kafkaProducer(kafka) })
  await emitter.publish(signIn(0))
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  const began = performance.now()
  for (let emitted = 0; emitted < SECONDS * PER_SECOND; ) {
    const due = Math.floor(((performance.now() - began) / 1_000) * PER_SECOND)
    for (; emitted < due; emitted++) emitter.emit(signIn(emitted))
    await delay(TICK_MS)
  }
  histogram.disable()
  await emitter.close()
  const figure = (nanoseconds: number) => `${(nanoseconds / 1e6).toFixed(1)} ms`
  console.log(
    `event loop at ${PER_SECOND}/s: delay p50 ${figure(histogram.percentile(50))}, p99 ${figure(histogram.percentile(99))}`,
  )
}

function perSecond(rates: readonly number[]): string {
  return `${Math.round(median(rates) / 1_000)} k/s`
}
