import { ConfigResourceTypes } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  // The partitions of a new topic have their leaders after this.
  await sandbox.emitter.publish({ user_id: 'first' })
})
afterAll(() => sandbox.close())

/** Sets a topic's largest record batch, in bytes. */
async function setMaxMessageBytes(bytes: number): Promise<void> {
  const admin = sandbox.kafka.admin()
  await admin.connect()
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: sandbox.topic,
        configEntries: [{ name: 'max.message.bytes', value: String(bytes) }],
      },
    ],
  })
  await admin.disconnect()
}

/** The number of messages in the topic, over all partitions. */
async function stored(): Promise<number> {
  const admin = sandbox.kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(sandbox.topic)
  await admin.disconnect()
  return offsets.reduce((sum, { high }) => sum + Number(high), 0)
}

function outcomes() {
  const counts: Record<string, number> = {}
  const ignore = { inc: () => undefined, set: () => undefined }
  const records = {
    inc: ({ outcome = '' }: Record<string, string>, value = 1) => {
      counts[outcome] = (counts[outcome] ?? 0) + value
    },
  }
  return { counts, metrics: { records, retries: ignore, queuedBytes: ignore } }
}

test('40,000 records with one key of CJK text are acknowledged', async () => {
  const before = await stored()
  const { counts, metrics } = outcomes()
  const emitter = createEmitter({ createProducer: kafkaProducer(sandbox.kafka), topicPrefix: sandbox.prefix, metrics })
  const trace_id = '監査記録'.repeat(10)
  for (let index = 0; index < 40_000; index++) {
    expect(emitter.emit({ trace_id, user_id: String(index) })).toMatchObject({ accepted: true })
  }
  await emitter.flush()
  await emitter.close()
  expect(counts).toEqual({ acknowledged: 40_000 })
  expect(await stored()).toBe(before + 40_000)
})

test('records that a topic does not take are dropped one by one, and the others are stored', async () => {
  await setMaxMessageBytes(20_000)
  try {
    const { counts, metrics } = outcomes()
    const errors: object[] = []
    const emitter = createEmitter({
      createProducer: kafkaProducer(sandbox.kafka),
      topicPrefix: sandbox.prefix,
      metrics,
      logger: { info: () => {}, warn: () => {}, error: (fields) => errors.push(fields) },
    })
    const names = authAudits.fields.map(({ name }) => name).filter((name) => name !== 'user_id')
    const large = Object.fromEntries(names.slice(-4).map((name) => [name, 'x'.repeat(8_000)]))
    const published = Array.from({ length: 2_000 }, (_, index) => {
      const record = { user_id: `user-${index}`, trace_id: `trace-${index % 50}` }
      return emitter.publish(index === 70 || index === 1_500 ? { ...large, ...record } : record)
    })
    const settled = await Promise.allSettled(published)
    await emitter.close()
    const rejected = settled.flatMap((result, index) =>
      result.status === 'rejected' ? [[index, result.reason.code, result.reason.kafkaError]] : [],
    )
    expect(rejected).toEqual([
      [70, 'RECORD_REJECTED', 'MESSAGE_TOO_LARGE'],
      [1_500, 'RECORD_REJECTED', 'MESSAGE_TOO_LARGE'],
    ])
    expect(counts).toEqual({ acknowledged: 1_998, dropped: 2 })
    expect(errors).toHaveLength(2)
  } finally {
    await setMaxMessageBytes(1_048_588)
  }
})
