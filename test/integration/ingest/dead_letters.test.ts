import avro from 'avsc'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { DeadLetterTopic } from '../../../services/cli/dead_letters/dead_letter_topic.js'
import { readTopic } from '../../../services/cli/dead_letters/topic_reader.js'
import { type Registry, startRegistry } from '../../fixtures/stack/registry.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
let registry: Registry
let topic: DeadLetterTopic
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
  registry = await startRegistry()
  topic = new DeadLetterTopic(sandbox.kafka, sandbox.topic)
})
afterAll(async () => {
  await sandbox.close()
  await registry.stop()
})

/** A record in the Confluent framing with the schema `id` of the registry. */
function framed(id: number, userId: string, eventId: number): Buffer {
  const absent = Object.fromEntries(authAudits.fields.map(({ name }) => [name, null]))
  const type = avro.Type.forSchema(avroSchema(authAudits) as avro.Schema)
  const header = Buffer.alloc(5)
  header.writeUInt32BE(id, 1)
  const record = { ...absent, user_id: userId, event_id: Buffer.alloc(16, eventId), time: Date.now() * 1000 }
  return Buffer.concat([header, type.toBuffer(record)])
}

const keys = async () => (await topic.letters()).list().map(({ key }) => key)

it('dead letters are listed, replayed after a fix, and discarded; a record counts once however often it is replayed', async () => {
  expect(await keys()).toEqual([])
  const producer = sandbox.kafka.producer()
  await producer.connect()
  const values = [framed(registry.schemaId, 'ada', 1), framed(99, 'eve', 2), Buffer.from('junk')]
  const keyed = values.map((value, index) => ({ key: index === 0 ? null : `trace-${index}`, value }))
  await producer.send({ topic: sandbox.topic, messages: keyed })
  await producer.disconnect()

  const without = await sandbox.startIngest()
  await without.logged(({ msg }) => msg === 'dead-lettered')
  await without.stop()
  const letters = (await topic.letters()).list()
  expect(letters.map(({ reason, offset, partition, bytes }) => [reason, partition, offset, bytes])).toEqual([
    ['no_registry', 0, '0', values[0]?.length],
    ['no_registry', 0, '1', values[1]?.length],
    ['unknown_framing', 0, '2', 4],
  ])
  expect(await topic.value(`${sandbox.topic}-0-2`)).toEqual(Buffer.from('junk'))
  expect(await topic.value('nothing')).toBeUndefined()

  await sandbox.startIngest({ SCHEMA_REGISTRY_URL: registry.url })
  const unread = letters.filter(({ reason }) => reason === 'no_registry')
  await topic.replay(unread)
  await topic.replay(unread)
  // Three records, and two dead letters that are replayed twice.
  expect(await sandbox.eventually('SELECT max(next_offset) FROM ingest_marks', '7')).toBe('7')
  expect(await sandbox.scalar('SELECT count() FROM auth_audits FINAL')).toBe('1')
  expect(await sandbox.scalar("SELECT toString(event_id) FROM auth_audits FINAL WHERE user_id = 'ada'")).toBe(
    '01010101-0101-0101-0101-010101010101',
  )

  // Under their own keys, so that they come to the partitions of their traces.
  const found: (string | undefined)[] = []
  await readTopic(sandbox.kafka, sandbox.topic, ({ key }) => void found.push(key?.toString()))
  expect(found).toEqual([undefined, 'trace-1', 'trace-2', undefined, 'trace-1', undefined, 'trace-1'])

  // The registry does not know the schema of the other one: it is a dead letter again, once per replay.
  await expect
    .poll(keys, { timeout: 30_000 })
    .toEqual([`${sandbox.topic}-0-2`, `${sandbox.topic}-0-4`, `${sandbox.topic}-0-6`])
  await topic.discard((await topic.letters()).list())
  expect(await keys()).toEqual([])
  expect((await topic.letters()).list({ resolved: true }).map(({ resolution }) => resolution)).toEqual([
    'replayed',
    'replayed',
    'discarded',
    'discarded',
    'discarded',
  ])
})
