import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KafkaServer, startKafka } from '../../../deploy/local/kafka/start.js'
import { streams } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import { createTopics } from '../../../services/migrate/topics.js'
import { API_KEYS, KEYS } from '../../fixtures/collector/door.js'
import { freePorts } from '../../fixtures/stack/ports.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

/** This file has its own broker, because it stops it while records are written. */
let dir: string
let startBroker: () => Promise<KafkaServer>
let broker: KafkaServer
let kafka: Kafka
let collector: ServiceProcess
let url: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-write-'))
  const [port = 0, controllerPort = 0] = await freePorts(2)
  startBroker = () => startKafka({ dir: join(dir, 'kafka'), port, controllerPort })
  broker = await startBroker()
  kafka = new Kafka({ clientId: 'test', brokers: [...broker.brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, streams, { prefix: '', partitions: 1, replicationFactor: 1 })
  await admin.disconnect()
  collector = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    KAFKA_BROKERS: broker.brokers.join(','),
    API_KEYS: JSON.stringify(API_KEYS),
  })
  url = String((await collector.logged(({ msg }) => msg === 'listening')).url)
})

afterAll(async () => {
  await collector.stop()
  await broker.stop()
  await rm(dir, { recursive: true, force: true })
})

async function write(ids: readonly string[]): Promise<Response> {
  return fetch(`${url}/v1/auth_audits`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify(ids.map((event_id) => ({ event: 'Success', event_id }))),
  })
}

/** The ids of the records in the topic. A record starts with its id, after the ten bytes that name the schema. */
async function storedIds(): Promise<ReadonlySet<string>> {
  const admin = kafka.admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets('auth_audits')
  await admin.disconnect()
  const end = BigInt(partition?.high ?? 0)
  const consumer = kafka.consumer({ groupId: 'test' })
  const ids = new Set<string>()
  await consumer.connect()
  await consumer.subscribe({ topic: 'auth_audits', fromBeginning: true })
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value !== null) ids.add(uuidText(message.value.subarray(10, 26)))
        if (BigInt(message.offset) + 1n >= end) resolve()
      },
    })
  })
  await consumer.disconnect()
  return ids
}

test('while Kafka is away writers get 503, and every record that was accepted is there afterwards', async () => {
  const ids = () => Array.from({ length: 20 }, () => uuidv7())
  const before = ids()
  expect((await write(before)).status).toBe(200)

  await broker.stop()
  const during = [ids(), ids(), ids()]
  const answers = await Promise.all(during.map(write))
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(await answer.json()).toMatchObject({ error_code: 'KAFKA_NOT_ACKNOWLEDGED' })
  }

  broker = await startBroker()
  for (const batch of during) await expect.poll(async () => (await write(batch)).status, { timeout: 60_000 }).toBe(200)
  const stored = await storedIds()
  expect([...before, ...during.flat()].filter((id) => !stored.has(id))).toEqual([])
})
