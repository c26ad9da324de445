import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { attack, type Damage } from '../../fixtures/attack/connections.js'
import { expectHarmless } from '../../fixtures/attack/damage.js'
import { ISSUER } from '../../fixtures/query/reader.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

const CONNECTIONS = 200
const TENANTS = 5
const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
/** Records of 40 KiB, as large as a page of 500 may be. */
const RECORDS = 2_000

const servers = inject('servers')
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let sandbox: Sandbox
let service: ServiceProcess
let url: string

beforeAll(async () => {
  sandbox = await createSandbox(servers)
  const longest = Array.from({ length: 5 }, () => "repeat('x', 8192)").join(', ')
  await sandbox.client('ingest').command({
    query: `INSERT INTO auth_audits (event_id, time, org_id, topic_id, kafka_partition, kafka_offset, user_id, session,
        token_id, source_ip, upstream_user_id)
      SELECT generateUUIDv4(n), now64(6) - n, concat('org-', toString(n % ${TENANTS})), {id:UUID}, 0, n, ${longest}
      FROM (SELECT arrayJoin(range(${RECORDS})) AS n)`,
    query_params: { id: TOPIC },
  })
  const mark = {
    stream: 'auth_audits',
    topic: 'auth_audits',
    topic_id: TOPIC,
    kafka_partition: 0,
    next_offset: RECORDS,
  }
  await sandbox.client('ingest').insert({ table: 'ingest_marks', format: 'JSONEachRow', values: [mark] })
})

beforeEach(async () => {
  const { url: clickhouse, users } = servers.clickhouse
  service = startService('query', {
    HOST: '127.0.0.1',
    PORT: '0',
    CLICKHOUSE_URL: clickhouse,
    CLICKHOUSE_DATABASE: sandbox.database,
    CLICKHOUSE_USER: users.query.name,
    CLICKHOUSE_PASSWORD: users.query.password,
    CLICKHOUSE_EXPORT_USER: users.export.name,
    CLICKHOUSE_EXPORT_PASSWORD: users.export.password,
    KAFKA_BROKERS: servers.brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    AUTH_ISSUER: ISSUER,
    AUTH_PUBLIC_KEY: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
  })
  url = String((await service.logged(({ msg }) => msg === 'listening')).url)
  // What a service takes for ordinary answers is not the attack's.
  for (let round = 0; round < 20; round++) {
    for (const path of ['/v1/auth_audits?limit=50', '/v1/auth_audits/changes?limit=50', '/openapi.json', '/metrics']) {
      await (await fetch(`${url}${path}`, { headers: { authorization: await tokenOf(round) } })).text()
    }
  }
})

afterEach(() => service.stop())

afterAll(() => sandbox.close())

/** Every attacker has a token of its own. */
async function tokenOf(index: number): Promise<string> {
  const token = await new SignJWT({ scope: 'audits:read audits:export', org_ids: [`org-${index % TENANTS}`] })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(ISSUER)
    .setAudience('gatelog')
    .setSubject(`attacker-${index}`)
    .setExpirationTime('10m')
    .sign(privateKey)
  return `Bearer ${token}`
}

function damageOf(requests: readonly string[]): Promise<Damage> {
  return attack({ service, url, requests, durationMs: 8_000 })
}

async function readers(path: string, principals = CONNECTIONS): Promise<readonly string[]> {
  const head = async (_: unknown, index: number) =>
    `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: ${await tokenOf(index % principals)}\r\n\r\n`
  return Promise.all(Array.from({ length: CONNECTIONS }, head))
}

it.each([
  ['lists', '/v1/auth_audits?limit=400', CONNECTIONS],
  ['lists of ten principals', '/v1/auth_audits?limit=400', 10],
  ['small lists', '/v1/auth_audits?limit=3', CONNECTIONS],
  ['changes', '/v1/auth_audits/changes?limit=10000', CONNECTIONS],
  ['tails', '/v1/auth_audits/tail?after=beginning', CONNECTIONS],
  ['exports', '/v1/auth_audits/export', CONNECTIONS],
  ['descriptions', '/openapi.json', CONNECTIONS],
  ['pages', '/docs', CONNECTIONS],
])('%s that nobody reads take little memory', async (_name, path, principals) => {
  expectHarmless(await damageOf(await readers(path, principals)))
  // And afterwards a reader is served as before.
  await sleep(1_000)
  const answer = await fetch(`${url}/v1/auth_audits?limit=1`, { headers: { authorization: await tokenOf(0) } })
  expect(answer.status).toBe(200)
})

it.each([
  [
    'for an unknown path',
    'POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n',
  ],
  ['for a path that takes none', 'POST /v1/auth_audits HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n'],
  ['of a request that has none', 'GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n'],
])('bodies %s that do not arrive take little memory', async (_name, head) => {
  expectHarmless(await damageOf(Array(CONNECTIONS).fill(head + 'x'.repeat(900_000))))
})

it('heads that do not arrive take little memory', async () => {
  expectHarmless(
    await damageOf(Array(CONNECTIONS).fill(`GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(15_000)}`)),
  )
})
