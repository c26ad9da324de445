import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authAudits } from '../../schemas/streams/index.js'
import { createEmitter, kafkaProducer } from '../../services/emitter/index.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack.js'
import { AgilicusClient } from './agilicus_client.js'

let stack: RunningStack
let client: AgilicusClient

beforeAll(async () => {
  stack = await startStack()
  client = await AgilicusClient.start()
})

afterAll(async () => {
  await Promise.all([stack?.stop(), client?.stop()])
})

test('the same record emitted by the library and by the command is the same record', async () => {
  const time = `${new Date().toISOString().slice(0, -1)}456Z`
  const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `${name}, “čeština” and\na line`]))
  const record = { time, ...fields }

  const kafka = new Kafka({ brokers: [...stack.file.kafka.brokers], logLevel: logLevel.NOTHING })
  const emitter = createEmitter({ createProducer: kafkaProducer(kafka) })
  const { eventId } = await emitter.publish(record)
  await emitter.close()
  expect(await gatelog(stack, ['emit', '-'], `${JSON.stringify(record)}\n`)).toBe('1 accepted, 0 refused\n')

  const token = (await gatelog(stack, ['token'])).trim()
  const ask = () => client.list({ api: stack.file.query.url, token, query: { limit: 10 } })
  let read = await ask()
  for (const deadline = Date.now() + 30_000; read.length < 2 && Date.now() < deadline; ) read = await ask()
  const expected = { time: time.replace('Z', '+00:00'), ...fields }
  expect(read.map(({ event_id: _, ...rest }) => rest)).toEqual([expected, expected])
  const ids = read.map(({ event_id }) => event_id)
  expect(ids).toContain(eventId)
  expect(new Set(ids).size).toBe(2)
})
