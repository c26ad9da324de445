import { randomUUID } from 'node:crypto'
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { authAudits, deadLetterTopic } from '../../../schemas/streams/index.js'
import { createTopics } from '../../../services/migrate/topics.js'

let admin: Admin
beforeAll(async () => {
  const { brokers } = inject('servers')
  admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})
afterAll(() => admin.disconnect())

async function setting(topic: string, name: string): Promise<string | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  })
  return resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
}

async function set(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
  await admin.alterConfigs({ validateOnly: false, resources })
}

const LIMIT = 'max.message.bytes'

it('a dead-letter topic takes larger batches than its stream’s topic, also one that exists already', async () => {
  const prefix = `${randomUUID()}.`
  const topic = `${prefix}${authAudits.name}`
  const letters = deadLetterTopic(topic)
  const create = () => createTopics(admin, [authAudits], { prefix, partitions: 1, replicationFactor: 1 })

  expect(await create()).toEqual([topic, letters])
  const limit = Number(await setting(topic, LIMIT))
  expect(Number(await setting(letters, LIMIT))).toBe(2 * limit)
  expect(await setting(letters, 'retention.ms')).toBe(String(90 * 24 * 60 * 60 * 1000))

  // An operator raises the stream's limit and changes the letters' retention; the next run follows and keeps the
  // latter.
  await set(topic, { [LIMIT]: '5000000', 'retention.ms': '1000000000' })
  await set(letters, { 'retention.ms': '2000000000', 'cleanup.policy': 'delete' })
  expect(await create()).toEqual([])
  expect(await setting(letters, LIMIT)).toBe('10000000')
  expect(await setting(letters, 'retention.ms')).toBe('2000000000')
  expect(await setting(topic, LIMIT)).toBe('5000000')
  expect(await setting(topic, 'retention.ms')).toBe('1000000000')

  // A larger limit stays.
  await set(letters, { [LIMIT]: '20000000' })
  await create()
  expect(await setting(letters, LIMIT)).toBe('20000000')
})
