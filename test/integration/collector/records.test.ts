import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { SignJWT } from 'jose'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { uuidBytes } from '../../../schemas/streams/uuid.js'
import { API_KEYS, KEYS } from '../../fixtures/collector/door.js'
import { type Read, streamReader } from '../../fixtures/query/stream_reader.js'
import { datumEncoder } from '../../fixtures/records/avro_values.js'
import { avroFile, zstdOf } from '../../fixtures/records/packed_bodies.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

/** Records go from HTTP to the API: one collector, one worker, one query service. */
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const encode = datumEncoder(authAudits)

let sandbox: Sandbox
let collector: ServiceProcess
let url: string
let read: Read

beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  await sandbox.startIngest()
  read = streamReader(sandbox.client('query'))
  collector = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    AUTH_ISSUER: 'urn:test',
    AUTH_PUBLIC_KEY: String(publicKey.export({ type: 'spki', format: 'pem' })),
    API_KEYS: JSON.stringify(API_KEYS),
  })
  url = String((await collector.logged(({ msg }) => msg === 'listening')).url)
})

afterAll(async () => {
  expect(await collector.stop()).toBe(0)
  await sandbox.close()
})

function post(body: string | Buffer, headers: Record<string, string>, stream = 'auth_audits'): Promise<Response> {
  return fetch(`${url}/v1/${stream}`, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers })
}

async function eventIds(answer: Response): Promise<readonly string[]> {
  const { results } = (await answer.json()) as { results: readonly { event_id: string }[] }
  return results.map(({ event_id }) => event_id)
}

function token(organizations: readonly string[], scope: string): Promise<string> {
  return new SignJWT({ scope, org_ids: organizations })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('urn:test')
    .setAudience('gatelog')
    .setSubject('shop')
    .setExpirationTime('5m')
    .sign(privateKey)
}

test('JSON, lines in gzip and Avro in zstd are in the API when they were accepted', async () => {
  const time = new Date().toISOString()
  const fromJson = await post(
    JSON.stringify({ event: 'Success', user_id: 'json', org_id: 'acme', source_ip: '::ffff:192.0.2.1', time }),
    { authorization: `Bearer ${KEYS.acme}`, 'content-type': 'application/json' },
  )
  expect(fromJson.status).toBe(200)

  const lines = ['a', 'b'].map((user) =>
    JSON.stringify({ event: 'Success', user_id: `line ${user}`, org_id: 'acme', time }),
  )
  const fromLines = await post(gzipSync(lines.join('\n')), {
    authorization: `Bearer ${await token(['acme'], 'audits:write')}`,
    'content-type': 'application/x-ndjson',
    'content-encoding': 'gzip',
  })
  expect(fromLines.status).toBe(200)

  const bytes = encode({ event_id: uuidBytes(uuidv7()), time: Date.now() * 1_000, user_id: 'avro', org_id: 'acme' })
  const fromAvro = await post(zstdOf(avroFile({ schema: avroSchema(authAudits), blocks: [{ count: 1n, bytes }] })), {
    authorization: `Bearer ${KEYS.operator}`,
    'content-type': 'application/avro',
    'content-encoding': 'zstd',
  })
  expect(fromAvro.status).toBe(200)

  const accepted = (await Promise.all([fromJson, fromLines, fromAvro].map(eventIds))).flat()
  expect(accepted).toHaveLength(4)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '4')).toBe('4')
  const records = await read('auth_audits')
  expect(records.map(({ event_id }) => event_id).toSorted()).toEqual(accepted.toSorted())
  expect(records.map(({ user_id }) => user_id).toSorted()).toEqual(['avro', 'json', 'line a', 'line b'])
  expect(records.find(({ user_id }) => user_id === 'json')?.source_ip).toBe('192.0.2.1')
})

test('a record that is sent twice is one record, and bad ones beside it are none', async () => {
  const record = { action: 'CREATE', org_id: 'acme', event_id: uuidv7(), time: new Date().toISOString() }
  const headers = { authorization: `Bearer ${KEYS.acme}`, 'content-type': 'application/json' }
  for (let sent = 0; sent < 2; sent++) {
    const answer = await post(JSON.stringify([record, { ...record, event_id: 'one' }]), headers, 'audits')
    expect(answer.status).toBe(207)
  }
  const last = { ...record, event_id: uuidv7() }
  expect((await post(JSON.stringify([last, record]), headers, 'audits')).status).toBe(200)
  expect(await sandbox.eventually('SELECT uniqExact(event_id) FROM audits', '2')).toBe('2')
  const records = await read('audits')
  expect(records.map(({ event_id }) => event_id).toSorted()).toEqual([record.event_id, last.event_id].toSorted())
})

test('a caller writes for its own organizations only, and with the right to write', async () => {
  const body = JSON.stringify({ event: 'Success', user_id: 'stray', org_id: 'globex' })
  const send = (credential: string) =>
    post(body, { authorization: `Bearer ${credential}`, 'content-type': 'application/json' })
  expect((await send(KEYS.acme)).status).toBe(422)
  expect((await send(await token(['acme'], 'audits:write'))).status).toBe(422)
  expect((await send(await token(['globex'], 'audits:read'))).status).toBe(403)
  expect((await send(KEYS.globex)).status).toBe(200)
  const stray = "SELECT count() FROM auth_audits WHERE user_id = 'stray'"
  expect(await sandbox.eventually(stray, '1')).toBe('1')
})
