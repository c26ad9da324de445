import { afterEach, expect, inject, it } from 'vitest'
import { deadLetterTopic, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../fixtures/stack/sandbox.js'

const sandboxes: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close()
})

async function newSandbox(options?: SandboxOptions): Promise<Sandbox> {
  const sandbox = await createSandbox(inject('servers'), options)
  sandboxes.push(sandbox)
  return sandbox
}

async function emit(sandbox: Sandbox, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++)
    expect(sandbox.emitter.emit({ user_id: `user-${i}` })).toMatchObject({ accepted: true })
  await sandbox.emitter.flush()
}

const COUNT = 'SELECT count() FROM auth_audits'
const DOUBLES = 'SELECT count() - uniqExact(topic_id, kafka_partition, kafka_offset) FROM auth_audits'

it('stores each emitted record once, with every field and its origin', async () => {
  const sandbox = await newSandbox()
  await sandbox.startIngest()
  const fields = {
    user_id: 'u-1',
    upstream_user_id: 'ada@example.com',
    org_id: 'org-1',
    org_name: 'Ünïcode & Söhne 🏛',
    event: 'Success',
    source_ip: '2001:db8::1',
    token_id: 'tok',
    trace_id: 'trace',
    session: 'x'.repeat(MAX_FIELD_BYTES),
    issuer: 'https://auth.example.com',
    client_id: 'client',
    application_name: 'app',
    login_org_id: 'org-2',
    login_org_name: 'Other',
    upstream_idp: 'google',
    stage: 'Login',
    user_agent: 'x'.repeat(1024),
    event_name: 'Authentication Request',
    result: 'Success',
    request_id: 'request-1',
  }
  const time = new Date(Date.now() - 1_000).toISOString().replace('Z', '123Z')
  const { eventId } = await sandbox.emitter.publish({ ...fields, time })
  await sandbox.emitter.publish({})
  expect(await sandbox.eventually(COUNT, '2')).toBe('2')

  const result = await sandbox.clickhouse.query({
    query: 'SELECT *, toString(time) AS time_text FROM auth_audits WHERE event_id = {eventId:UUID}',
    query_params: { eventId },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<Record<string, unknown>>()
  expect(row).toMatchObject({ ...fields, event_id: eventId, time_text: time.replace('T', ' ').replace('Z', '') })
  expect(row?.topic_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await sandbox.scalar("SELECT count() FROM auth_audits WHERE user_id = '' AND user_agent = ''")).toBe('1')
})

it('writes a dead letter with its reason for an invalid record, and stores its neighbors', async () => {
  const sandbox = await newSandbox({ partitions: 1 })
  const producer = sandbox.kafka.producer()
  await producer.connect()
  await emit(sandbox, 0, 1)
  const values = [Buffer.from('not avro'), Buffer.from([0xc3, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0]), null, Buffer.alloc(0)]
  await producer.send({ topic: sandbox.topic, messages: values.map((value) => ({ key: 'k', value })) })
  await emit(sandbox, 1, 2)
  const ingest = await sandbox.startIngest()
  expect(await sandbox.eventually(COUNT, '2')).toBe('2')

  const letters = await readTopic(sandbox, deadLetterTopic(sandbox.topic), values.length)
  expect(letters).toEqual([
    { key: `${sandbox.topic}-0-1`, reason: 'unknown_framing', offset: '1', value: values[0] },
    { key: `${sandbox.topic}-0-2`, reason: 'unknown_fingerprint', offset: '2', value: values[1] },
    { key: `${sandbox.topic}-0-3`, reason: 'no_value', offset: '3', value: null },
    { key: `${sandbox.topic}-0-4`, reason: 'unknown_framing', offset: '4', value: values[3] },
  ])
  const logged = ingest.log.filter(({ msg }) => msg === 'dead-lettered')
  expect(logged).toHaveLength(1)
  expect(logged[0]).toMatchObject({ records: 4, first_offset: 1 })
  expect(JSON.stringify(ingest.log)).not.toContain('not avro')
  await producer.disconnect()
})

it('continues after a stop, after a kill, and with two workers, without loss or duplicates', async () => {
  const sandbox = await newSandbox({ partitions: 4 })
  const first = await sandbox.startIngest()
  await emit(sandbox, 0, 500)
  expect(await sandbox.eventually(COUNT, '500')).toBe('500')
  expect(await first.stop()).toBe(0)

  await emit(sandbox, 500, 1_000)
  const second = await sandbox.startIngest()
  await emit(sandbox, 1_000, 1_500)
  await second.stop('SIGKILL')

  const third = await sandbox.startIngest()
  const fourth = await sandbox.startIngest()
  await emit(sandbox, 1_500, 2_000)
  expect(await sandbox.eventually(COUNT, '2000')).toBe('2000')
  expect(await sandbox.scalar(DOUBLES)).toBe('0')
  expect(await sandbox.scalar('SELECT uniqExact(event_id) FROM auth_audits')).toBe('2000')
  expect(await third.stop()).toBe(0)
  expect(await fourth.stop()).toBe(0)
})

it('continues from its marks when the group’s offsets have expired', async () => {
  const sandbox = await newSandbox()
  const first = await sandbox.startIngest()
  await emit(sandbox, 0, 300)
  expect(await sandbox.eventually(COUNT, '300')).toBe('300')
  await first.stop()
  const admin = sandbox.kafka.admin()
  await admin.connect()
  await admin.deleteGroups([sandbox.database])
  await admin.disconnect()

  await emit(sandbox, 300, 600)
  await sandbox.startIngest()
  expect(await sandbox.eventually(COUNT, '600')).toBe('600')
  expect(await sandbox.scalar(DOUBLES)).toBe('0')
})

it('recognizes a recreated topic, although its offsets start again', async () => {
  const sandbox = await newSandbox({ partitions: 1 })
  const first = await sandbox.startIngest()
  await emit(sandbox, 0, 100)
  expect(await sandbox.eventually(COUNT, '100')).toBe('100')
  await first.stop()
  await sandbox.emitter.close()
  const admin = sandbox.kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [sandbox.topic] })
  const made = { topics: [{ topic: sandbox.topic, numPartitions: 1 }] }
  // Waiting for the leader may fail after the topic was created. Each further try finds it.
  await expect
    .poll(() => admin.createTopics({ ...made, waitForLeaders: false }).catch(() => false), { timeout: 30_000 })
    .toBe(true)
  await admin.disconnect()

  const emitter = createEmitter({ createProducer: kafkaProducer(sandbox.kafka), topicPrefix: sandbox.prefix })
  for (let i = 0; i < 50; i++) emitter.emit({ user_id: `again-${i}` })
  await emitter.close()
  await sandbox.startIngest()
  expect(await sandbox.eventually(COUNT, '150')).toBe('150')
  expect(await sandbox.scalar(DOUBLES)).toBe('0')
  expect(await sandbox.scalar('SELECT uniqExact(topic_id) FROM auth_audits')).toBe('2')
})

interface Letter {
  readonly key: string | undefined
  readonly reason: string | undefined
  readonly offset: string | undefined
  readonly value: Buffer | null
}

async function readTopic(sandbox: Sandbox, topic: string, count: number): Promise<Letter[]> {
  const consumer = sandbox.kafka.consumer({ groupId: `${sandbox.database}-reader` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const letters: Letter[] = []
  await consumer.run({
    eachMessage: async ({ message: { key, value, headers } }) => {
      letters.push({
        key: key?.toString(),
        reason: headers?.['gatelog-reason']?.toString(),
        offset: headers?.['gatelog-offset']?.toString(),
        value,
      })
    },
  })
  await expect.poll(() => letters.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count)
  await consumer.disconnect()
  return letters
}
