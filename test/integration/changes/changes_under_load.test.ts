import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import { createQueryApp } from '../../../services/query/app.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { silentTelemetry } from '../../../services/runtime/telemetry.js'
import { openEventStream } from '../../fixtures/query/event_stream.js'
import { day } from '../../fixtures/query/reader.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const PARTITIONS = 4
const TICK_MS = 20
const PER_TICK = 6
const KILLS = 2

let sandbox: Sandbox
let app: FastifyInstance
let url: string

beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: PARTITIONS })
  app = createQueryApp({
    telemetry: silentTelemetry(),
    streams: [authAudits],
    database: clickhouseDatabase(sandbox.client('query')),
    authenticate: async () => ({ subject: 'tester', scopes: ['audits:read'], organizations: 'all' }),
  })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})

afterAll(async () => {
  await app.close()
  await sandbox.close()
})

/**
 * Sends records at a constant rate, a fifth of them late by up to forty days. Resolves to the records that Kafka
 * acknowledged.
 */
async function produce(going: AbortSignal): Promise<ReadonlySet<string>> {
  const acknowledged: Promise<string>[] = []
  for (let n = 0; !going.aborted; ) {
    for (const end = n + PER_TICK; n < end; n++) {
      const time = n % 5 === 0 ? `${day(n % 40)}T12:00:00.${String(n % 1_000_000).padStart(6, '0')}Z` : undefined
      const record = { trace_id: `trace-${n >> 2}`, user_id: String(n), event: n % 3 === 0 ? 'Third' : 'Other', time }
      acknowledged.push(sandbox.emitter.publish(record).then(({ eventId }) => eventId))
    }
    await sleep(TICK_MS)
  }
  return new Set(await Promise.all(acknowledged))
}

interface Follower {
  readonly seen: readonly string[]
  readonly done: Promise<void>
}

/** Polls until its signal aborts. */
function poller(query: string, ending: AbortSignal): Follower {
  const seen: string[] = []
  async function poll(): Promise<void> {
    for (let after = 'beginning'; !ending.aborted; ) {
      const response = await fetch(`${url}/v1/auth_audits/changes?after=${after}&${query}`)
      const { auth_audits, next } = (await response.json()) as { auth_audits: { event_id: string }[]; next: string }
      seen.push(...auth_audits.map(({ event_id }) => event_id))
      after = next
    }
  }
  return { seen, done: poll() }
}

/** A tail that disconnects repeatedly and continues after its last id. */
function tail(ending: AbortSignal): Follower {
  const seen: string[] = []
  async function follow(): Promise<void> {
    for (let lastEventId = 'beginning'; !ending.aborted; ) {
      const headers = { 'last-event-id': lastEventId }
      const stream = await openEventStream(`${url}/v1/auth_audits/tail`, { headers })
      await sleep(700)
      stream.leave()
      await stream.ended
      for (const { event, data = '', id } of stream.events) {
        if (event === undefined) seen.push(JSON.parse(data).event_id)
        lastEventId = id ?? lastEventId
      }
    }
  }
  return { seen, done: follow() }
}

/** The ids of each partition's records, in Kafka's order. */
async function readTopic(count: number): Promise<readonly (readonly string[])[]> {
  const consumer = sandbox.kafka.consumer({ groupId: `${sandbox.database}-check` })
  await consumer.connect()
  await consumer.subscribe({ topic: sandbox.topic, fromBeginning: true })
  const partitions: string[][] = Array.from({ length: PARTITIONS }, () => [])
  let read = 0
  await consumer.run({
    eachMessage: async ({ partition, message: { value } }) => {
      // A single-object encoding has ten bytes before the datum, which starts with the id.
      partitions[partition]?.push(uuidText((value as Buffer).subarray(10, 26)))
      read++
    },
  })
  await expect.poll(() => read, { timeout: 60_000 }).toBeGreaterThanOrEqual(count)
  await consumer.disconnect()
  return partitions
}

it('a poller and a tail see what Kafka acknowledged, each record once, while workers are killed and records come late', async () => {
  const ending = new AbortController()
  const followers = {
    poller: poller('limit=500&wait=2s', ending.signal),
    'poller of small pages': poller('limit=50&wait=2s', ending.signal),
    'poller of a third': poller('limit=500&wait=2s&event=Third', ending.signal),
    tail: tail(ending.signal),
  }
  const producing = new AbortController()
  const produced = produce(producing.signal)
  let worker = await sandbox.startIngest()
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(1_500 + 317 * kill)
    await worker.stop('SIGKILL')
    worker = await sandbox.startIngest()
    await sleep(1_000)
  }
  await sleep(2_000)
  producing.abort()
  const acknowledged = await produced
  expect(acknowledged.size).toBeGreaterThan(2_000)

  const stored = await sandbox.eventually('SELECT uniqExact(event_id) FROM auth_audits', String(acknowledged.size))
  expect(stored).toBe(String(acknowledged.size))
  await expect.poll(() => followers.tail.seen.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(acknowledged.size)
  await expect
    .poll(() => followers['poller of small pages'].seen.length, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(acknowledged.size)
  ending.abort()
  await Promise.all(Object.values(followers).map(({ done }) => done))

  const topic = await readTopic(acknowledged.size)
  expect(new Set(topic.flat())).toEqual(acknowledged)
  const third = new Set(await idsOf("event = 'Third'"))
  for (const [name, { seen }] of Object.entries(followers)) {
    for (const partition of topic) {
      const own = new Set(partition)
      const expected = name === 'poller of a third' ? partition.filter((id) => third.has(id)) : partition
      const got = seen.filter((id) => own.has(id))
      expect(got, name).toEqual(expected)
    }
  }
})

async function idsOf(condition: string): Promise<readonly string[]> {
  const result = await sandbox.clickhouse.query({
    query: `SELECT event_id FROM auth_audits WHERE ${condition}`,
    format: 'JSONCompactEachRow',
  })
  return (await result.json<[string]>()).map(([id]) => id)
}
