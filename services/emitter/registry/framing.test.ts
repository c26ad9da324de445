import { afterEach, beforeEach, expect, it } from 'vitest'
import { listening } from '../../../test/fixtures/emitter/listening.js'
import { type Registry, startRegistry } from '../../../test/fixtures/stack/registry.js'
import {
  audits,
  authAudits,
  confluentFraming,
  createEmitter,
  type OutgoingMessage,
  type ProducerPort,
} from '../index.js'

let registry: Registry
beforeEach(async () => {
  registry = await startRegistry()
})
afterEach(() => registry.stop())

it('registers the schema once, and finds it afterwards', async () => {
  const first = await confluentFraming({ url: `${registry.url}/`, stream: audits, topicPrefix: 'eu.' })
  const again = await confluentFraming({ url: registry.url, stream: audits, topicPrefix: 'eu.', register: false })
  expect(first).toEqual({ stream: 'audits', header: Buffer.from([0, 0, 0, 0, 2]) })
  expect(again).toEqual(first)
  expect(registry.asked).toEqual([
    'POST /subjects/eu.audits-value',
    'POST /subjects/eu.audits-value/versions',
    'POST /subjects/eu.audits-value',
  ])
})

it('uses a subject of its own if it is given, whatever characters it has', async () => {
  await confluentFraming({ url: registry.url, subject: 'a/b c' })
  expect(registry.asked[0]).toBe('POST /subjects/a%2Fb%20c')
})

it('the records of the emitter begin with it', async () => {
  const sent: OutgoingMessage[] = []
  const createProducer = (): ProducerPort => ({
    connect: async () => {},
    disconnect: async () => {},
    send: async ({ messages }) => void sent.push(...messages),
  })
  const framing = await confluentFraming({ url: registry.url })
  const [confluent, own] = [createEmitter({ createProducer, framing }), createEmitter({ createProducer })]
  const event_id = '01900000-0000-7000-8000-000000000000'
  for (const emitter of [confluent, own]) {
    emitter.emit({ event_id, time: new Date(), user_id: 'u' })
    await emitter.close()
  }
  expect(sent[0]?.value.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 0, registry.schemaId]))
  expect(sent[0]?.value.subarray(5, 21)).toEqual(sent[1]?.value.subarray(10, 26))
  expect(sent[0]?.value.length).toBe((sent[1]?.value.length ?? 0) - 5)
  expect(() => createEmitter({ createProducer, stream: audits, framing })).toThrow('is that of auth_audits')
})

it('says what to do when the schema is not there and must not be registered', async () => {
  await expect(confluentFraming({ url: registry.url, register: false })).rejects.toMatchObject({
    code: 'REGISTRY_SCHEMA_MISSING',
    retriable: false,
    message: expect.stringContaining('auth_audits-value'),
  })
  expect(registry.asked).toHaveLength(1)
})

it('says what to do when the subject has a schema that is not compatible', async () => {
  registry.closed.add('auth_audits-value')
  await expect(confluentFraming({ url: registry.url })).rejects.toMatchObject({
    code: 'REGISTRY_SCHEMA_REFUSED',
    retriable: false,
    message: expect.stringContaining('compatible'),
  })
})

it.each([
  ['rejects the login', 401, '{"error_code":40101}', 'REGISTRY_UNAUTHORIZED'],
  ['is another server', 404, '<html>', 'REGISTRY_UNEXPECTED'],
  ['answers without an id', 200, '{}', 'REGISTRY_UNEXPECTED'],
  ['answers with an id that is none', 200, '{"id":-1}', 'REGISTRY_UNEXPECTED'],
  ['fails', 500, 'null', 'REGISTRY_UNEXPECTED'],
])('an answer of one that %s is an error that may pass', async (_, status, body, code) => {
  await using server = await listening((_request, response) => response.writeHead(status).end(body))
  const failed = confluentFraming({ url: server.url, username: 'ada', password: 'hunter2' })
  await expect(failed).rejects.toMatchObject({ code, retriable: true })
  await expect(failed).rejects.not.toThrow('hunter2')
})

it('an address where nothing listens is an error that says so, and one that is no URL, too', async () => {
  await expect(confluentFraming({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: 'The schema registry does not respond (ECONNREFUSED).',
  })
  await expect(confluentFraming({ url: 'registry:8081', stream: authAudits })).rejects.toThrow('is not valid')
})

it('a registry that does not answer in time is an error', async () => {
  await using server = await listening(() => undefined)
  await expect(confluentFraming({ url: server.url, timeoutMs: 50 })).rejects.toMatchObject({
    message: 'The schema registry does not respond (timeout).',
  })
})
