import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { withOutcomeRules } from '../../../schemas/derive/outcomes/outcome.js'
import { MAX_STAGES } from '../../../schemas/derive/sign_ins.js'
import { views } from '../../../schemas/derive/views/index.js'
import { type OutcomeRule, streams } from '../../../schemas/streams/index.js'
import { migrationsDirectory, readMigrations } from '../../../services/migrate/files.js'
import { migrate } from '../../../services/migrate/migrations.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'

type Row = Readonly<Record<string, string | number | null>>

let reader: Reader
beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  const records = [...generated(), ...longTrace(), ...alone()]
  // Two inserts, so that a copy is in a part of its own.
  await reader.insert(records)
  await reader.insert(records.filter((_, index) => index % 3 === 0))
})
afterAll(() => reader.close())

/** Texts that the rules know, in several cases, and texts that mean something to SQL or to a regular expression. */
const words = fc.constantFrom(
  ...['', '', 'Success', 'success', 'LOGIN', 'Failure', 'Wrong password', 'wrong\npassword', 'Challenge', 'Sent'],
  ...[
    'signed out',
    'Logout',
    'refresh-token',
    'None',
    "it's",
    'a\\b',
    '\\',
    '\t',
    '%',
    'größe',
    'o\u212a',
    '😀',
    'InProgress',
    'Denied',
    'x'.repeat(500),
  ],
)
const stage = fc.constantFrom(
  ...['', 'Login', 'login', 'Second factor', 'Token', 'Send verify email', 'Refresh token', 'LOG_OUT', 'User info'],
)
const value = fc.constantFrom('', '', 'a', "b'c", '漢字')

/** Records of some traces: few traces and few times, so that traces are long and times are equal. */
function generated(): readonly Shown[] {
  const record = fc.record({
    trace_id: fc.constantFrom(
      '',
      ...Array.from({ length: 120 }, (_, index) => `trace ${index}`),
      "'; DROP",
      '%',
      'a/b',
    ),
    time: fc.integer({ min: 0, max: 8 }).map((second) => `${day(2)}T12:00:0${second}.000001Z`),
    event: words,
    result: fc.oneof(fc.constant(''), words),
    stage,
    session: fc.constantFrom('', '', 's1', 's2'),
    token_id: fc.constantFrom('', '', '', '', 't1'),
    ...Object.fromEntries(DESCRIBING.map((name) => [name, value])),
  })
  return fc.sample(record, { numRuns: 1_500, seed: 7 }).map((each) => ({ event_id: randomUUID(), ...(each as Shown) }))
}

const DESCRIBING = ['upstream_idp', 'user_id', 'upstream_user_id', 'org_id', 'application_name', 'client_id', 'issuer']

/** A trace of more records than the API looks at; the failure and the token come after those. */
function longTrace(): readonly Shown[] {
  return Array.from({ length: MAX_STAGES + 20 }, (_, index) => ({
    event_id: randomUUID(),
    time: `${day(2)}T13:00:00.${String(Math.floor(index / 3)).padStart(6, '0')}Z`,
    trace_id: 'long',
    stage: 'Note',
    event: index > MAX_STAGES + 5 ? 'Success' : 'Something',
    token_id: index > MAX_STAGES + 5 ? 't' : '',
  }))
}

/** Traces of one record that is no step of a sign-in. */
function alone(): readonly Shown[] {
  return ['Logout', 'Sign out', 'Refresh token', 'Token refreshed', 'Login'].map((stage) => ({
    event_id: randomUUID(),
    time: `${day(2)}T14:00:00.000000Z`,
    trace_id: `alone ${stage}`,
    stage,
    event: 'Success',
    token_id: 't',
  }))
}

const OWN_RULES: readonly OutcomeRule[] = [
  { outcome: 'failure', when: { event: ['größe', "it's", 'a\\b', '\\'], stage: ['*'] } },
  { outcome: 'success', when: { upstream_idp: ["b'*"], event: ['Wrong *'] } },
  { outcome: 'unknown', when: { event: ['LOGIN'] } },
]

describe.each([
  ['the declared rules', {}],
  ['configured rules before them', { auth_audits: OWN_RULES }],
])('with %s', (_name, rules) => {
  const declared = withOutcomeRules(streams, rules)
  let get: (path: string) => Promise<{ readonly statusCode: number; json(): never }>

  beforeAll(async () => {
    const migrations = await readMigrations(migrationsDirectory)
    await migrate(reader.client('migrate'), migrations, { views: views(declared) })
    const database = clickhouseDatabase(reader.client('query'))
    const app = await reader.appOver(database, undefined, { streams: declared })
    const authorization = await reader.authorization()
    get = (url) => app.inject({ url, headers: { authorization } })
  })

  async function select(query: string): Promise<readonly Row[]> {
    const result = await reader.client('analyst').query({ query, format: 'JSONEachRow' })
    return result.json<Row>()
  }

  it('auth_audits_with_outcome has each record once, with the outcome that the API returns', async () => {
    const { auth_audits: records } = (await get('/v1/auth_audits?limit=10000')).json() as {
      auth_audits: readonly Shown[]
    }
    expect(records.length).toBeGreaterThan(2_000)
    expect(new Set(records.map(({ outcome }) => outcome)).size).toBe(4)
    const rows = await select('SELECT event_id, outcome FROM auth_audits_with_outcome')
    const byId = (list: readonly Row[]) => list.map(({ event_id, outcome }) => `${event_id} ${outcome}`).toSorted()
    expect(byId(rows)).toEqual(byId(records))
  })

  it('sign_ins has a row for each trace, with the verdict of GET /v1/sign_ins/{trace_id}', async () => {
    const rows = await select('SELECT * FROM sign_ins ORDER BY trace_id')
    const traces = await select("SELECT DISTINCT trace_id FROM auth_audits WHERE trace_id != '' ORDER BY trace_id")
    expect(rows.map(({ trace_id }) => trace_id)).toEqual(traces.map(({ trace_id }) => trace_id))
    expect(new Set(rows.map(({ outcome }) => outcome)).size).toBe(4)
    for (const row of rows) {
      const response = await get(`/v1/sign_ins/${encodeURIComponent(String(row.trace_id))}`)
      expect(response.statusCode).toBe(200)
      expect(row, String(row.trace_id)).toMatchObject(asRow(response.json()))
    }
  })
})

it('a log-out or a refresh alone is no sign-in that succeeded', async () => {
  const result = await reader.client('analyst').query({
    query: "SELECT trace_id, outcome FROM sign_ins WHERE startsWith(trace_id, 'alone ') ORDER BY trace_id",
    format: 'JSONCompactEachRow',
  })
  expect(await result.json()).toEqual([
    ['alone Login', 'success'],
    ['alone Logout', 'unknown'],
    ['alone Refresh token', 'unknown'],
    ['alone Sign out', 'unknown'],
    ['alone Token refreshed', 'unknown'],
  ])
})

interface SignIn {
  readonly trace_id: string
  readonly session?: string
  readonly outcome: string
  readonly started_at: string
  readonly ended_at: string
  readonly duration_ms: number
  readonly failed_at?: {
    readonly event_id: string
    readonly time: string
    readonly stage?: string
    readonly event?: string
  }
  readonly stages: readonly Shown[]
}

/** What the row of a sign-in must hold, from the API's answer. */
function asRow({ failed_at: failed, stages, ...signIn }: SignIn): Row {
  const time = (text: string) => text.replace('T', ' ').replace('Z', '')
  return {
    trace_id: signIn.trace_id,
    session: signIn.session ?? '',
    outcome: signIn.outcome,
    started_at: time(signIn.started_at),
    ended_at: time(signIn.ended_at),
    duration_ms: signIn.duration_ms,
    stages: stages.length,
    failed_at: failed === undefined ? null : time(failed.time),
    failed_event_id: failed?.event_id ?? null,
    failed_stage: failed?.stage ?? '',
    failed_event: failed?.event ?? '',
    ...Object.fromEntries(DESCRIBING.map((name) => [name, stages.findLast((each) => each[name])?.[name] ?? ''])),
  }
}

it('the views can be read from another database, as the browser console does', async () => {
  const result = await reader
    .client('analyst', { database: 'default' })
    .query({ query: `SELECT count() > 100 AS many FROM ${reader.database}.sign_ins`, format: 'JSONEachRow' })
  expect(await result.json()).toEqual([{ many: 1 }])
})

it('a look-up by trace reads a small share of the table', async () => {
  const plan = await reader.client('analyst').query({
    query: "EXPLAIN indexes = 1 SELECT * FROM sign_ins WHERE trace_id = 'trace 1'",
    format: 'TabSeparatedRaw',
  })
  expect(await plan.text()).toContain('by_trace_id')
})

const page = readFileSync(new URL('../../../docs/sql.md', import.meta.url), 'utf8')
const queries = [...page.matchAll(/^sql "([^"]+)"/gm)].map(([, query = '']) => query)

it('docs/sql.md has queries', () => {
  expect(queries.length).toBeGreaterThan(5)
})

it.each(queries)('a query of docs/sql.md runs as it stands: %s', async (query) => {
  const result = await reader.client('analyst').query({ query, format: 'JSONEachRow' })
  expect(await result.json()).toBeInstanceOf(Array)
})
