import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { program } from '../../deploy/local/data/files.js'
import { audits, authAudits, type Stream } from '../../schemas/streams/index.js'
import { createEmitter, kafkaProducer } from '../../services/emitter/index.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'
import { AgilicusClient, type ClientRecord } from './agilicus_client.js'

let stack: RunningStack
let client: AgilicusClient
let token: string

beforeAll(async () => {
  stack = await startStack()
  client = await AgilicusClient.start()
  token = (await gatelog(stack, ['token'])).trim()
})

afterAll(async () => {
  await Promise.all([stack?.stop(), client?.stop()])
})

type Name = 'auth_audits' | 'audits'

/** The records that the published client reads, once there are `count`. */
async function read(stream: Name, count: number, query: Readonly<Record<string, string | number>> = {}) {
  const ask = () => client.list({ api: stack.file.query.url, token, stream, query: { limit: 10, ...query } })
  let found = await ask()
  for (const deadline = Date.now() + 30_000; found.length < count && Date.now() < deadline; ) found = await ask()
  return found
}

/** A different value for every field. */
function everyField({ fields }: Stream): Readonly<Record<string, unknown>> {
  const text = (name: string) => `${name}, “čeština” and\na line`
  return Object.fromEntries(
    fields.map(({ name, list }) => [
      name,
      list === undefined ? text(name) : [Object.fromEntries(list.map((part) => [part.name, text(part.name)])), {}],
    ]),
  )
}

test.each<[Name, Stream]>([
  ['auth_audits', authAudits],
  ['audits', audits],
])('a record of %s emitted by the library and by the command is the same record', async (name, stream) => {
  const time = `${new Date().toISOString().slice(0, -1)}456Z`
  const fields = everyField(stream)
  const record = { time, ...fields }

  const kafka = new Kafka({ brokers: [...stack.file.kafka.brokers], logLevel: logLevel.NOTHING })
  const emitter = createEmitter({ stream, createProducer: kafkaProducer(kafka) })
  const { eventId } = await emitter.publish(record)
  await emitter.close()
  const line = `${JSON.stringify(record)}\n`
  expect(await gatelog(stack, ['emit', '--stream', name, '-'], line)).toBe('1 accepted, 0 rejected\n')

  const found = await read(name, 2)
  // The client's model has no outcome; it passes on unknown fields.
  const outcome = name === 'auth_audits' ? { outcome: 'unknown' } : {}
  const expected = { time: time.replace('Z', '+00:00'), ...fields, ...outcome }
  expect(found.map(({ event_id: _, ...rest }) => rest)).toEqual([expected, expected])
  const ids = found.map(({ event_id }) => event_id)
  expect(ids).toContain(eventId)
  expect(new Set(ids).size).toBe(2)
})

test('the published client finds actions by each of its parameters', async () => {
  const named = ['user_id', 'action', 'target_id', 'token_id', 'api_name', 'target_resource_type', 'org_id']
  const now = Date.now()
  const lines = named.map((name, index) => ({
    time: `${new Date(now - 60_000 - index).toISOString().slice(0, -1)}001Z`,
    [name]: `found by ${name}`,
    description: name,
  }))
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  expect(await gatelog(stack, ['emit', '--stream', 'audits', '-'], input)).toBe('7 accepted, 0 rejected\n')
  const described = (records: readonly ClientRecord[]) => records.map(({ description }) => description)
  for (const name of named) expect(described(await read('audits', 1, { [name]: `found by ${name}` }))).toEqual([name])

  const [newest, second, third] = lines.map(({ time }) => String(time))
  if (newest === undefined || second === undefined || third === undefined) throw new Error('there are seven')
  expect(described(await read('audits', 2, { dt_from: third, dt_to: newest }))).toEqual(named.slice(1, 3))
  expect(described(await read('audits', 1, { dt_from: 'now-1hour', dt_to: newest, limit: 1 }))).toEqual([named[1]])
})

/** A log of a provider, as if it were of yesterday. */
function log(name: string): string {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  const file = new URL(`../fixtures/sources/log_lines/${name}`, import.meta.url)
  return readFileSync(file, 'utf8').replaceAll('2026-11-28', yesterday)
}

test('a log that is forwarded twice is stored once', async () => {
  const forward = () => gatelog(stack, ['forward', '--from', 'keycloak-log'], log('keycloak-plain.txt'))
  expect(await forward()).toBe('12 accepted, 1 ignored, 0 rejected\n')
  expect(await forward()).toBe('12 accepted, 1 ignored, 0 rejected\n')
  const authentik = ['forward', '--from', 'authentik-log', '--organization', 'acme']
  expect(await gatelog(stack, authentik, log('authentik.txt'))).toBe('11 accepted, 3 ignored, 0 rejected\n')
  expect(await read('auth_audits', 5, { org_id: 'acme' })).toHaveLength(5)
  const events = async () => (await gatelog(stack, ['list', '--stream', 'events', '--json', 'org_id=acme'])).split('\n')
  await expect.poll(async () => (await events()).length - 1, { timeout: 30_000 }).toBe(6)
  expect(await read('auth_audits', 11, { org_id: 'ae5c5d73-98df-4f0c-984b-d752698ba77c', limit: 50 })).toHaveLength(11)
})

test('faults of a forwarded input are named by line, without what is in it, and the rest is stored', async () => {
  const input = `{"date": "never", "type": "fp", "password": "made-up"}\nno JSON made-up\n[{"log_id": "1", "date": "${new Date().toISOString()}", "type": "fp", "hostname": "forwarded"}]\n`
  const failed = await gatelog(stack, ['forward', '--from', 'auth0'], input).catch((error: unknown) => error)
  expect(failed).toMatchObject({
    code: 1,
    stdout: '1 accepted, 0 ignored, 2 rejected\n',
    stderr: 'line 1: date: must be RFC 3339, and not before 1970\nline 2: is not a JSON object\n',
  })
  expect(await read('auth_audits', 1, { org_id: 'forwarded' })).toHaveLength(1)
})

test('an interrupted forward ends when Kafka has acknowledged what was read, and leaves the line that is cut', async () => {
  const command = [program('services', 'cli', 'main.js'), 'forward', '--from', 'json', '--stack', stack.path]
  const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const output = text(child.stdout)
  const line = JSON.stringify({ time: new Date(), org_id: 'interrupted', stage: 'Login' })
  child.stdin.write(`${line}\n${line.slice(0, -1)}`)
  expect(await read('auth_audits', 1, { org_id: 'interrupted' })).toHaveLength(1)
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([0, null])
  expect(await output).toBe('1 accepted, 0 ignored, 0 rejected\n')
})
