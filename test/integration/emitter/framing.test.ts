import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { authAudits, streams } from '../../../schemas/streams/index.js'
import { confluentFraming, createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { API_KEYS, KEYS } from '../../fixtures/collector/door.js'
import { pythonWith } from '../../fixtures/stack/python_environment.js'
import { type Registry, startRegistry } from '../../fixtures/stack/registry.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { startService } from '../../fixtures/stack/service.js'

const run = promisify(execFile)
const READER = join(import.meta.dirname, '../../fixtures/producers/confluent_avro.py')

let sandbox: Sandbox
let registry: Registry
let python: string
beforeAll(async () => {
  python = await pythonWith('confluent-avro', [['confluent-kafka[avro,schemaregistry]==2.16.1']])
  registry = await startRegistry()
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
}, 300_000)
afterAll(async () => {
  await sandbox?.close()
  await registry?.stop()
})

/** What Confluent's deserializer for Python reads. */
async function readInPython(count: number): Promise<readonly Record<string, unknown>[]> {
  const brokers = inject('servers').brokers.join(',')
  const { stdout } = await run(python, [READER, brokers, sandbox.topic, registry.url, String(count)])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

it('another language reads what the emitter and the collector write, and ingest stores it', async () => {
  const time = new Date()
  const framing = await confluentFraming({ url: registry.url, topicPrefix: sandbox.prefix })
  const createProducer = kafkaProducer(sandbox.kafka, { compression: 'lz4' })
  const emitter = createEmitter({ createProducer, framing, topicPrefix: sandbox.prefix })
  const fields = Object.fromEntries(
    authAudits.fields.map(({ name }) => [name, name === 'source_ip' ? '192.0.2.1' : `${name} 監査`]),
  )
  const { eventId } = await emitter.publish({ ...fields, time })
  await emitter.close()

  const collector = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    KAFKA_COMPRESSION: 'zstd',
    KAFKA_FRAMING: 'confluent',
    SCHEMA_REGISTRY_URL: registry.url,
    API_KEYS: JSON.stringify(API_KEYS),
  })
  const url = String((await collector.logged(({ msg }) => msg === 'listening')).url)
  const answer = await fetch(`${url}/v1/auth_audits`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.acme}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'over HTTP', org_id: 'acme' }),
  })
  expect(answer.status).toBe(200)
  expect(await collector.stop()).toBe(0)
  for (const { name } of streams)
    expect(registry.asked).toContain(`POST /subjects/${sandbox.prefix}${name}-value/versions`)

  const [first, second] = await readInPython(2)
  expect(first).toMatchObject(fields)
  expect(first?.time).toContain(time.toISOString().slice(0, 23).replace('T', ' '))
  expect(String(first?.event_id).replaceAll('-', '')).toBe(eventId.replaceAll('-', ''))
  expect(second).toMatchObject({ user_id: 'over HTTP', org_id: 'acme', session: null })

  await sandbox.startIngest({ SCHEMA_REGISTRY_URL: registry.url })
  const users = "SELECT arrayStringConcat(arraySort(groupArray(user_id)), ', ') FROM auth_audits"
  expect(await sandbox.eventually(users, 'over HTTP, user_id 監査')).toBe('over HTTP, user_id 監査')
})

it('a collector whose registry is away does not start, and says why', async () => {
  const collector = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    KAFKA_FRAMING: 'confluent',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  })
  const ended = once(collector.process, 'close')
  const { err } = await collector.logged(({ msg }) => msg === 'could not start')
  expect(err).toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining('does not respond') })
  expect(await ended).toEqual([1, null])
})
