import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { MAX_AFTERWARDS, MAX_STAGES } from '../../../schemas/derive/sign_ins.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

const DAY = day(3)
/** The smallest number of rows that ClickHouse reads at once. */
const GRANULE = 8_192
let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
})

afterAll(() => reader.close())

/** The answer for a trace to a caller who may read these organizations. */
async function signIn(traceId: string, organizations: readonly string[] = ['*']) {
  const authorization = await reader.authorization(organizations)
  return reader.app.inject({ url: `/v1/sign_ins/${encodeURIComponent(traceId)}`, headers: { authorization } })
}

/** Follows a `read_on` unchanged. */
async function readOn(link: string, stream = 'auth_audits'): Promise<readonly Shown[]> {
  const response = await reader.app.inject({ url: link, headers: { authorization: await reader.authorization() } })
  expect(response.statusCode, response.body).toBe(200)
  return response.json()[stream]
}

/** A record this many microseconds after noon. */
function at(micros: number, values: Shown): Shown {
  return shown({ time: `${DAY}T12:00:${(micros / 1_000_000).toFixed(6).padStart(9, '0')}Z`, ...values })
}

async function act(records: readonly Shown[]): Promise<readonly Shown[]> {
  const values = records.map(({ time = '', outcome: _, ...rest }) => ({
    ...rest,
    time: time.replace('T', ' ').replace('Z', ''),
  }))
  await reader.client('ingest').insert({ table: 'audits', values, format: 'JSONEachRow' })
  return records.map(({ outcome: _, ...rest }) => rest)
}

describe('a sign-in', () => {
  it('that succeeded has its stages in order, the times between them, its outcome, and what its session did', async () => {
    const same = { trace_id: 'worked', session: 'worked-session', org_id: 'o1' }
    const stages = [
      at(0, { ...same, stage: 'Password', event: 'Wrong password' }),
      // At one time, in the order of their growing ids. ClickHouse sorts these two the other way round.
      at(4_500_001, { ...same, event_id: '019b76da-a800-7000-8000-0123456789ab', stage: 'Password', event: 'Success' }),
      at(4_500_001, { ...same, event_id: '019b76da-a800-7001-8000-000000000000', stage: 'Mfa', event: 'Challenge' }),
      at(9_000_000, { ...same, stage: 'Token', event: 'Issued', token_id: 't1' }),
      at(20_000_000, { ...same, stage: 'Token', event: 'Expired', token_id: 't1' }),
    ]
    const later = at(30_000_000, { session: 'worked-session', trace_id: 'another', stage: 'Logout', event: 'Success' })
    const before = at(1_000_000, { session: 'worked-session', trace_id: 'before', stage: 'Consent', event: 'Granted' })
    await reader.insert([later, ...stages.toReversed(), before])
    const actions = await act([
      at(9_000_000, { session: 'worked-session', action: 'CREATE', user_id: 'u' }),
      at(10_000_000, { session: 'worked-session', action: 'DELETE', user_id: 'u' }),
    ])
    await act([
      at(8_999_999, { session: 'worked-session', action: 'TOO EARLY' }),
      at(10_000_000, { session: 'other', action: 'OTHER' }),
    ])

    const response = await signIn('worked')
    expect(response.statusCode).toBe(200)
    const { stages: answered, ...rest } = response.json()
    expect(answered.map(({ ms_since_previous: _, ...stage }: Shown) => stage)).toEqual(stages)
    expect(answered.map(({ ms_since_previous }: { ms_since_previous?: number }) => ms_since_previous)).toEqual([
      ...[undefined, 4500.001, 0, 4499.999, 11000],
    ])
    expect(rest).toEqual({
      trace_id: 'worked',
      session: 'worked-session',
      outcome: 'success',
      started_at: `${DAY}T12:00:00.000000Z`,
      ended_at: `${DAY}T12:00:09.000000Z`,
      duration_ms: 9000,
      afterwards: { auth_audits: { records: [stages[4], later] }, audits: { records: actions } },
    })
  })

  it('that failed names the first failed stage that was not passed later', async () => {
    const same = { trace_id: 'failed' }
    const wrong = at(5, { ...same, stage: 'Second factor', event: 'Wrong code' })
    await reader.insert([
      at(0, { ...same, stage: 'Password', event: 'Wrong password' }),
      at(1, { ...same, stage: 'Password', event: 'Success' }),
      wrong,
      at(6, { ...same, stage: 'Second factor', event: 'Wrong code' }),
      at(7, { ...same, stage: 'Message', event: 'Success' }),
    ])
    const { event_id, time, stage, event } = wrong
    const answer = (await signIn('failed')).json()
    expect(answer).toMatchObject({ outcome: 'failure', failed_at: { event_id, time, stage, event } })
    // It names no session, so nothing of a session is found.
    expect(answer.session).toBeUndefined()
    expect(answer.afterwards).toEqual({})
  })

  it('is found for any text of its trace', async () => {
    for (const trace of ["'; DROP", '%', 'a/b?c=d&e#f', '漢字 😀', ' ', 'x'.repeat(3_000)]) {
      await reader.insert([shown({ trace_id: trace, event: 'Success' })])
      expect((await signIn(trace)).json(), trace).toMatchObject({ trace_id: trace, outcome: 'success' })
    }
  })

  it('has a record once that its producer sent twice', async () => {
    const twice = shown({ trace_id: 'sent twice' })
    await reader.insert([twice])
    await reader.insert([twice])
    expect((await signIn('sent twice')).json().stages).toEqual([twice])
  })

  it('takes no parameters', async () => {
    const authorization = await reader.authorization()
    const response = await reader.app.inject({ url: '/v1/sign_ins/worked?limit=1', headers: { authorization } })
    expect(response.statusCode).toBe(400)
    expect(response.json().detail).toBe('limit: is not a parameter of sign_ins. It has none.')
  })
})

describe('access', () => {
  beforeAll(async () => {
    const same = { trace_id: 'shared', session: 'shared-session' }
    await reader.insert([
      at(0, { ...same, org_id: 'o1', stage: 'Password', event: 'Success' }),
      at(1, { ...same, org_id: 'o1', login_org_id: 'o2', stage: 'Application', event: 'Denied' }),
      at(2, { ...same, org_id: 'o1', trace_id: 'later', stage: 'Secret', event: 'Success' }),
      shown({ trace_id: '', user_id: 'without a trace' }),
    ])
    await act([
      at(3, { session: 'shared-session', org_id: 'o1', action: 'SECRET' }),
      at(4, { session: 'shared-session', org_id: 'o1', target_resource_org_id: 'o2', action: 'SHARED' }),
    ])
  })

  it('each caller sees its own part of the sign-in and of what followed', async () => {
    const own = (await signIn('shared', ['o1'])).json()
    expect(own.stages).toHaveLength(2)
    expect(own.afterwards.auth_audits.records).toHaveLength(1)
    expect(own.afterwards.audits.records).toHaveLength(2)

    const other = (await signIn('shared', ['o2'])).json()
    expect(other.stages.map(({ stage }: Shown) => stage)).toEqual(['Application'])
    expect(other).toMatchObject({ outcome: 'failure', started_at: other.ended_at, duration_ms: 0 })
    expect(other.afterwards.auth_audits.records).toEqual([])
    expect(other.afterwards.audits.records.map(({ action }: Shown) => action)).toEqual(['SHARED'])
    expect(JSON.stringify(other)).not.toMatch(/secret"/i)
  })

  it('a sign-in that may not be read is 404; records without a trace are no sign-in', async () => {
    const [hidden, absent, empty] = await Promise.all([
      signIn('shared', ['o3']),
      signIn('no such trace', ['o3']),
      signIn(''),
    ])
    expect(absent.statusCode).toBe(404)
    expect(absent.json().error_code).toBe('SIGN_IN_NOT_FOUND')
    expect([hidden.statusCode, hidden.body]).toEqual([absent.statusCode, absent.body])
    expect([empty.statusCode, empty.body]).toEqual([absent.statusCode, absent.body])
  })
})

it('an answer is limited and says where the lists continue', async () => {
  const same = { trace_id: 'long', session: 'long-session' }
  const stages = Array.from({ length: MAX_STAGES + 7 }, (_, index) => at(index, { ...same, user_id: `${index}` }))
  await reader.insert(stages)
  // No stage has a known outcome, so the sign-in ends with the last stage of the answer.
  const seen = stages.slice(0, MAX_STAGES)
  const end = MAX_STAGES - 1
  const after = stages.slice(end + 1)
  const actions = await act(
    Array.from({ length: MAX_AFTERWARDS + 5 }, (_, index) => at(end + index, { session: 'long-session' })),
  )
  const answer = (await signIn('long')).json()
  expect(answer.stages.map(({ event_id }: Shown) => event_id)).toEqual(seen.map(({ event_id }) => event_id))
  expect(await readOn(answer.read_on)).toEqual(after)
  expect(answer.afterwards.auth_audits).toEqual({ records: after })
  expect(answer.afterwards.audits.records).toHaveLength(MAX_AFTERWARDS)
  const ids = (records: readonly Shown[]) => records.map(({ event_id }) => event_id)
  const read = [...answer.afterwards.audits.records, ...(await readOn(answer.afterwards.audits.read_on, 'audits'))]
  expect(new Set(ids(read))).toEqual(new Set(ids(actions)))
  expect(read).toHaveLength(actions.length)
})

it('reads a small share of the tables', async () => {
  const lone = await buildReader(inject('servers'))
  const rows = 300_000
  // Sign-ins with three stages and a session of five records each, over ten days.
  const [signIns, actions] = ['auth_audits', 'audits'].map(
    (table) => `INSERT INTO ${table} (event_id, time, org_id, trace_id, session)
      SELECT generateUUIDv7(number), now64(6) - toIntervalMillisecond(number * 2880), toString(intDiv(number, 15) % 200),
        lower(hex(MD5(toString(intDiv(number, 3))))), lower(hex(MD5(toString(intDiv(number, 15)))))
      FROM numbers(${rows})`,
  )
  for (const query of [signIns, actions]) await lone.client('ingest').command({ query: String(query) })
  const client = lone.client('query')
  let read = 0
  const counted = Object.assign(Object.create(client), {
    async query(params: Parameters<typeof client.query>[0]) {
      const result = await client.query(params)
      read += Number(JSON.parse(String(result.response_headers['x-clickhouse-summary'])).read_rows)
      return result
    },
  })
  const app = await lone.appOver(clickhouseDatabase(counted))
  const [{ trace_id = '' } = {}] = await lone.list({ limit: '1', dt_to: 'now-5d' })
  for (const organizations of [['*'], ['7', '8']]) {
    for (const trace of [trace_id, randomUUID()]) {
      read = 0
      const authorization = await lone.authorization(organizations)
      const response = await app.inject({ url: `/v1/sign_ins/${trace}`, headers: { authorization } })
      if (trace === trace_id && organizations[0] === '*') expect(response.json().stages).toHaveLength(3)
      expect(read, `${organizations}`).toBeLessThanOrEqual(12 * GRANULE)
    }
  }
  await lone.close()
})
