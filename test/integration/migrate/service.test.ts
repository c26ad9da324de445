import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { streams } from '../../../schemas/streams/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { startService } from '../../fixtures/stack/service.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
})
afterAll(() => sandbox.close())

it('the service as users run it creates the tables and the topics, exits with 0, and can run again', async () => {
  const name = `gatelog_${randomBytes(5).toString('hex')}`
  const environment = {
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: `${name}.`,
    ...sandbox.config('migrate'),
    CLICKHOUSE_DATABASE: name,
  }
  for (let run = 0; run < 2; run++) {
    const { process, log } = startService('migrate', environment)
    const [code] = await once(process, 'close')
    expect(code, JSON.stringify(log.at(-1))).toBe(0)
  }
  const admin = sandbox.kafka.admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(name))
  await admin.disconnect()
  expect(topics).toHaveLength(2 * streams.length)
  const tables = await sandbox.scalar(`SELECT groupArray(name) FROM system.tables WHERE database = '${name}'`)
  for (const stream of streams) expect(tables).toContain(stream.name)
})
