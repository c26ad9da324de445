import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import type { FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parameters } from '../../schemas/derive/parameters.js'
import { authAudits } from '../../schemas/streams/index.js'
import { migrationsDirectory, readMigrations } from '../../services/migrate/files.js'
import { createDatabase, migrate } from '../../services/migrate/migrations.js'
import { bearerTokens } from '../../services/query/access.js'
import { createQueryApp } from '../../services/query/app.js'
import { singleKey } from '../../services/query/keys.js'
import { clickhouseStore, type Store } from '../../services/query/store.js'
import { silentTelemetry } from '../../services/runtime/telemetry.js'

const DATABASE = 'gatelog_query_test'
const { url, users } = inject('servers').clickhouse
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

type Stored = Readonly<Record<string, string>>

const clients: ClickHouseClient[] = []
let app: FastifyInstance

function client(user: keyof typeof users, options: Partial<Parameters<typeof createClient>[0]> = {}): ClickHouseClient {
  const { name, password } = users[user]
  const made = createClient({ url, database: DATABASE, username: name, password, ...options })
  clients.push(made)
  return made
}

async function appOver(store: Store): Promise<FastifyInstance> {
  const findKey = await singleKey(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })))
  return createQueryApp({
    telemetry: silentTelemetry(),
    streams: [authAudits],
    store,
    authenticate: bearerTokens({ issuer: 'test', audience: 'gatelog', organisationsClaim: 'org_ids', findKey }),
  })
}

async function authorization(organisations: readonly string[] = ['*']): Promise<string> {
  const token = await new SignJWT({ scope: 'audits:read', org_ids: organisations })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('test')
    .setAudience('gatelog')
    .setSubject('tester')
    .setExpirationTime('10m')
    .sign(privateKey)
  return `Bearer ${token}`
}

async function ask(query: Record<string, string | string[]>, organisations?: readonly string[], of = app) {
  return of.inject({ url: '/v1/auth_audits', query, headers: { authorization: await authorization(organisations) } })
}

async function list(query: Record<string, string | string[]>, organisations?: readonly string[]): Promise<Stored[]> {
  const response = await ask(query, organisations)
  expect(response.statusCode, response.body).toBe(200)
  return response.json().auth_audits
}

/** Stores records as the API shows them. */
async function store(records: readonly Stored[]): Promise<void> {
  const values = records.map(({ time = '', ...rest }) => ({ ...rest, time: time.replace('T', ' ').replace('Z', '') }))
  await client('ingest').insert({ table: 'auth_audits', values, format: 'JSONEachRow' })
}

function record(values: Stored): Stored & { event_id: string } {
  return { event_id: randomUUID(), time: '2026-10-05T12:00:00.000000Z', ...values }
}

beforeAll(async () => {
  await createDatabase(client('migrate', { database: 'default' }), DATABASE)
  await migrate(client('migrate'), await readMigrations(migrationsDirectory))
  app = await appOver(clickhouseStore(client('query')))
})

afterAll(async () => {
  await app.close()
  await Promise.all(clients.map((each) => each.close()))
})

describe('records', () => {
  it('come back field by field, what is absent left out', async () => {
    const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `${name} of fields’ test`]))
    const whole = record({ ...fields, trace_id: 'fields', time: '2026-10-05T12:00:00.123456Z' })
    const bare = record({ trace_id: 'fields' })
    await store([bare, whole])
    expect(await list({ trace_id: 'fields' })).toEqual([whole, bare])
  })

  it('are found by each parameter that filters on a field, and by no other value', async () => {
    const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `found by ${name}`]))
    const wanted = record(fields)
    await store([wanted])
    for (const parameter of parameters(authAudits)) {
      if (parameter.kind !== 'field') continue
      expect(await list({ [parameter.name]: `found by ${parameter.field}` }), parameter.name).toEqual([wanted])
      expect(await list({ [parameter.name]: `Found by ${parameter.field}` }), parameter.name).toEqual([])
    }
  })

  it('are found by text of any kind, which stays text', async () => {
    const texts = [
      "'",
      "' OR 1=1 --",
      '\\',
      '\\N',
      '\\0',
      '\0',
      '\n\t\r',
      '%',
      '{user_id:String}',
      '["a"]',
      '漢字 😀',
      'none',
    ]
    await store(texts.map((user_id) => record({ user_id, trace_id: 'texts' })))
    for (const text of texts) {
      const found = await list({ user_id: text, trace_id: 'texts' })
      expect(
        found.map(({ user_id }) => user_id),
        JSON.stringify(text),
      ).toEqual([text])
    }
    expect(await list({ user_id: texts, trace_id: 'texts' })).toHaveLength(texts.length)
  })

  it('are folded where their producer sent them twice', async () => {
    const twice = record({ trace_id: 'twice' })
    await store([twice])
    await store([twice])
    expect(await list({ trace_id: 'twice' })).toEqual([twice])
  })
})

describe('time', () => {
  const times = [
    '1999-12-31T23:59:59.999999Z',
    '2026-10-05T11:59:59.999999Z',
    '2026-10-05T12:00:00.000000Z',
    '2026-10-05T12:00:00.000001Z',
    '2026-10-05T12:00:00.000002Z',
    '2026-10-06T00:00:00.000000Z',
  ]

  beforeAll(() => store(times.map((time) => record({ trace_id: 'times', time }))))

  async function found(query: Record<string, string>): Promise<(string | undefined)[]> {
    return (await list({ trace_id: 'times', ...query })).map(({ time }) => time)
  }

  it('runs from the newest to the oldest, past days and hours', async () => {
    // What is older than the retention may go at any merge.
    expect((await found({})).filter((time) => time !== times[0])).toEqual(times.slice(1).toReversed())
  })

  it('is bounded to the microsecond: the first bound is in, the second out', async () => {
    const [, , from = '', , until = ''] = times
    expect(await found({ dt_from: from, dt_to: until })).toEqual([times[3], times[2]])
    expect(await found({ dt_from: until, dt_to: from })).toEqual([])
  })

  it('is cut to the newest where there is a limit, with the place to read on from', async () => {
    const first = (await ask({ trace_id: 'times', limit: '2' })).json()
    expect(first.auth_audits.map(({ time }: Stored) => time)).toEqual([times[5], times[4]])
    expect((await found({ limit: '1', dt_to: first.page_at_id }))[0]).toBe(times[3])
  })

  it('may be bounded where no record can be', async () => {
    expect(await found({ dt_from: '9999-12-31', dt_to: '0000-01-01' })).toEqual([])
    expect(await found({ dt_from: '0001-01-01T00:00:00Z', dt_to: '9999-12-31T23:59:59Z', limit: '1' })).toEqual([
      times[5],
    ])
  })
})

it('answers what a model of it answers, to anybody, whatever is asked', async () => {
  let seed = 20_261_005
  const pick = <T>(values: readonly T[]): T => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return values[(seed >>> 8) % values.length] as T
  }
  const orgs = ['', 'o1', 'o2', 'o3']
  const events = ['', 'Success', 'Failure']
  const minute = (n: number) => `2026-09-01T${String(n % 24).padStart(2, '0')}:00:00.${String(n).padStart(6, '0')}Z`
  const records = Array.from({ length: 400 }, (_, index) => {
    const fields = { org_id: pick(orgs), login_org_id: pick(orgs), event: pick(events) }
    const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
    return record({ ...present, trace_id: 'model', time: minute(index) })
  })
  await store(records)
  const newestFirst = records.toSorted((a, b) => String(b.time).localeCompare(String(a.time)))

  for (let round = 0; round < 150; round++) {
    const own = pick([['*'], ['o1'], ['o2', 'o3'], ['nobody'], ['o1', '*']])
    const ask = {
      org_id: pick(orgs),
      login_org_id: pick(orgs),
      event: pick(events),
      dt_from: minute(pick([0, 7, 23, 200])),
    }
    const expected = newestFirst.filter(
      ({ org_id = '', login_org_id = '', event = '', time = '' }) =>
        (own[0] === '*' || own.includes(org_id) || own.includes(login_org_id)) &&
        [org_id, ''].includes(ask.org_id) &&
        [login_org_id, ''].includes(ask.login_org_id) &&
        [event, ''].includes(ask.event) &&
        time >= ask.dt_from,
    )
    expect(await list({ trace_id: 'model', ...ask }, own), JSON.stringify({ own, ask })).toEqual(expected)
  }
})

describe('when the database does not serve', () => {
  it('a query past its limits is told to be narrower', async () => {
    const narrow = client('query', { clickhouse_settings: { max_rows_to_read: '1' } })
    const response = await ask({}, ['*'], await appOver(clickhouseStore(narrow)))
    expect(response.json()).toMatchObject({ status: 422, error_code: 'QUERY_TOO_LARGE' })
  })

  it('a server that is away is worth another try', async () => {
    const away = await appOver(clickhouseStore(client('query', { url: 'http://127.0.0.1:1' })))
    const response = await ask({}, ['*'], away)
    expect(response.json()).toMatchObject({ status: 503, error_code: 'STORE_UNAVAILABLE' })
    expect(response.headers['retry-after']).toBe('5')
    expect((await away.inject('/readyz')).json()).toEqual({
      status: 'not ready',
      waiting_for: 'ClickHouse (ECONNREFUSED)',
    })
    expect((await away.inject('/healthz')).statusCode).toBe(200)
  })

  it('a wrong password is not told', async () => {
    const locked = await appOver(clickhouseStore(client('query', { password: 'wrong' })))
    const response = await ask({}, ['*'], locked)
    expect(response.json()).toMatchObject({ status: 503, error_code: 'STORE_UNAVAILABLE' })
    expect(response.body).not.toMatch(/password|authenticat/i)
  })

  it('a database without tables waits for migrate', async () => {
    const database = `${DATABASE}_empty`
    await createDatabase(client('migrate', { database: 'default' }), database)
    const empty = await appOver(clickhouseStore(client('query', { database })))
    const readiness = await empty.inject('/readyz')
    expect(readiness.statusCode).toBe(503)
    expect(readiness.json().waiting_for).toBe('the table auth_audits: run migrate')
    expect((await ask({}, ['*'], empty)).statusCode).toBe(503)
    expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready' })
  })
})

it('ends the query in the database when its caller leaves', async () => {
  const marker = randomUUID()
  const slow = { query: `SELECT '${marker}', sleepEachRow(1) FROM numbers(50)`, query_params: {} }
  const real = clickhouseStore(client('query'))
  const lagging = await appOver({ rows: (_query, signal) => real.rows(slow, signal) })
  const address = await lagging.listen({ host: '127.0.0.1', port: 0 })
  const observer = client('query')
  const running = async () => {
    const result = await observer.query({
      query: `SELECT count() FROM system.processes WHERE query LIKE '%${marker}%' AND query NOT LIKE '%processes%'`,
      format: 'JSONCompactEachRow',
    })
    return Number((await result.json<[string]>())[0]?.[0])
  }
  const until = async (count: number) => {
    while ((await running()) !== count) await sleep(50)
  }

  const leaving = new AbortController()
  const headers = { authorization: await authorization() }
  const answer = fetch(`${address}/v1/auth_audits`, { headers, signal: leaving.signal })
  await until(1)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  const began = Date.now()
  await until(0)
  expect(Date.now() - began).toBeLessThan(20_000)
  await lagging.close()
})
