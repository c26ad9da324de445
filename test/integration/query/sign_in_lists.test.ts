import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { isSignInStep } from '../../../schemas/derive/sign_in_steps.js'
import { signInStreams } from '../../../schemas/derive/sign_ins.js'
import { authAudits, streams } from '../../../schemas/streams/index.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import type { ApiRecord } from '../../../services/query/clickhouse/rows.js'
import { fetchSignInCounts } from '../../../services/query/sign_ins/counts/fetch_sign_in_counts.js'
import { readSignInCountsRequest } from '../../../services/query/sign_ins/counts/request.js'
import { newestFirst } from '../../../services/query/sign_ins/list/order.js'
import { inOrder } from '../../../services/query/sign_ins/steps.js'
import { summaryOf } from '../../../services/query/sign_ins/summary.js'
import { verdictOf } from '../../../services/query/sign_ins/verdict.js'
import { type Asked, buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

type Json = Readonly<Record<string, string | number>>

const ORGANIZATIONS = ['o1', 'o2', 'o3']

let reader: Reader
const records = generated()

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.insert(records)
  await reader.insert(records.filter((_, index) => index % 5 === 0))
})

afterAll(() => reader.close())

/** Traces that begin in three days, a few minutes long, whose stages name a person or a provider or neither. */
function generated(): readonly Shown[] {
  const words = fc.constantFrom('Success', 'Success', 'Wrong password', 'Challenge', 'Something', '')
  const stage = fc.record({
    stage: fc.constantFrom('Login', 'Login', 'Second factor', 'Token', 'Logout', 'Refresh token'),
    event: words,
    minute: fc.integer({ min: 0, max: 4 }),
    user_id: fc.constantFrom('', 'u1', 'u2', 'Ada'),
    upstream_user_id: fc.constantFrom('', '', 'Ada', 'ADA', 'bob@x'),
    upstream_idp: fc.constantFrom('', 'google', 'okta'),
    token_id: fc.constantFrom('', '', '', 't'),
    org_id: fc.constantFrom('', ...ORGANIZATIONS),
    login_org_id: fc.constantFrom('', ...ORGANIZATIONS),
  })
  const trace = fc.record({
    begun: fc.integer({ min: 0, max: 3 * 24 * 12 }),
    stages: fc.array(stage, { minLength: 1, maxLength: 6 }),
  })
  const midnight = Date.parse(day(5))
  return fc.sample(trace, { numRuns: 150, seed: 11 }).flatMap(({ begun, stages }, index) =>
    stages.map(({ minute, ...values }) => {
      const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
      const time = new Date(midnight + begun * 300_000 + minute * 60_000).toISOString()
      // Some records have no trace.
      const trace_id = index % 40 === 0 ? '' : `trace ${index}`
      return shown({
        event_id: randomUUID(),
        ...(trace_id === '' ? {} : { trace_id }),
        ...(present as Shown),
        time: time.replace('Z', '000Z'),
      })
    }),
  )
}

async function ask(path: string, asked: Asked, own: readonly string[] = ['*']) {
  const response = await reader.ask(asked, own, reader.app, path)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return response.json()
}

/** All pages of a list. */
async function listed(asked: Asked, own?: readonly string[]): Promise<readonly Json[]> {
  const found: Json[] = []
  for (let cursor = ''; ; ) {
    const { sign_ins, next_cursor } = await ask('/v1/sign_ins', { ...asked, cursor }, own)
    found.push(...sign_ins)
    if (next_cursor === undefined) return found
    cursor = next_cursor
  }
}

function readable(own: readonly string[]): readonly Shown[] {
  const is = (name: string | undefined) => name !== undefined && own.includes(name)
  return own[0] === '*' ? records : records.filter(({ org_id, login_org_id }) => is(org_id) || is(login_org_id))
}

/** The sign-in of each trace that a caller may read, by the rules for one sign-in. */
function expected(own: readonly string[]) {
  const ofTrace = new Map<string, Shown[]>()
  for (const record of readable(own)) {
    if (record.trace_id === undefined) continue
    ofTrace.set(record.trace_id, [...(ofTrace.get(record.trace_id) ?? []), record])
  }
  return [...ofTrace].flatMap(([trace_id, of]) => {
    const stages = inOrder(of as unknown as readonly ApiRecord[]) as unknown as readonly [ApiRecord, ...ApiRecord[]]
    const steps = stages.filter(isSignInStep)
    if (steps.length === 0) return []
    const verdict = verdictOf(stages)
    const one = { trace_id, outcome: verdict.outcome, ...summaryOf(verdict, stages[0]) }
    return [{ one, stages: of, steps: steps.toSorted(newestFirst) }]
  })
}

/** What a request selects, of what is expected, in order. */
function model(
  all: ReturnType<typeof expected>,
  { user, provider, outcome }: { user?: string; provider?: string; outcome?: string },
): readonly string[] {
  const isUser = ({ user_id = '', upstream_user_id = '' }: ApiRecord) =>
    user_id === user || String(upstream_user_id).toLowerCase() === user?.toLowerCase()
  const isProvider = ({ upstream_idp }: ApiRecord) => upstream_idp === provider
  return all
    .filter(
      ({ one, steps }) =>
        (user === undefined || steps.some(isUser)) &&
        (provider === undefined || steps.some(isProvider)) &&
        (outcome === undefined || one.outcome === outcome),
    )
    .map(({ one }) => String(one.trace_id))
    .toSorted()
}

describe.each([['*'], ['o2', 'o3']])('sign-ins for %s', (...own) => {
  let all: ReturnType<typeof expected>

  beforeAll(async () => {
    all = expected(own)
    expect(all.length).toBeGreaterThan(50)
  })

  it('are those of all traces with a step, each once and the newest first, with what its own answer says', async () => {
    const found = await listed({ limit: '40' }, own)
    const wanted = all.toSorted((a, b) => newestFirst(a.steps[0] as ApiRecord, b.steps[0] as ApiRecord))
    expect(found.map(({ trace_id }) => trace_id)).toEqual(wanted.map(({ one }) => one.trace_id))
    for (const [index, { one, stages }] of wanted.entries()) {
      expect(found[index]).toMatchObject({ ...one, stages: stages.length })
    }
    for (const each of found.slice(0, 10)) {
      const { stages: _stages, ...itself } = await ask(
        `/v1/sign_ins/${encodeURIComponent(String(each.trace_id))}`,
        {},
        own,
      )
      const { trace_id, session, outcome, started_at, ended_at, duration_ms, failed_at } = itself
      const same = { trace_id, session, outcome, started_at, ended_at, duration_ms, failed_at }
      expect(each).toMatchObject(JSON.parse(JSON.stringify(same)))
    }
  })

  it.each([
    { user: 'ada' },
    { user: 'u1' },
    { user: 'nobody' },
    { provider: 'google' },
    { outcome: 'failure' },
    { outcome: 'success' },
    { outcome: 'unknown' },
    { user: 'ADA', outcome: 'failure' },
    { user: 'u2', provider: 'okta' },
    { provider: 'okta', outcome: 'challenge' },
    { provider: 'okta', outcome: 'success' },
  ])('are those that match %j, page by page', async (asked) => {
    for (const limit of ['20', '500']) {
      const found = (await listed({ limit, ...asked }, own)).map(({ trace_id }) => String(trace_id))
      expect(found.toSorted()).toEqual(model(all, asked))
    }
  })

  it.each(['outcome', 'provider', 'user', 'failed_stage', 'org_id'])('by %s are counted as listed', async (by) => {
    const found = await listed({ limit: '500' }, own)
    const times = { dt_from: day(30), dt_to: day(-1) }
    const { counts } = await ask('/v1/sign_ins/counts', { ...times, by }, own)
    const groups = new Map<string, number>()
    for (const each of found) {
      const { failed_at } = each as unknown as { failed_at?: { stage?: string } }
      const value = {
        outcome: each.outcome,
        provider: each.upstream_idp,
        user: each.upstream_user_id ?? each.user_id,
        failed_stage: failed_at?.stage,
        org_id: each.org_id,
      }[by]
      groups.set(String(value ?? ''), (groups.get(String(value ?? '')) ?? 0) + 1)
    }
    const counted = counts.map((each: Json) => [String(each[by] ?? ''), each.count])
    expect(counted.toSorted()).toEqual([...groups].toSorted())
  })

  it('are counted by what they match, in the interval in which they began', async () => {
    const times = { dt_from: day(30), dt_to: day(-1) }
    for (const asked of [{ user: 'ada' }, { provider: 'google', outcome: 'failure' }, { outcome: 'unknown' }]) {
      const { counts } = await ask('/v1/sign_ins/counts', { ...times, ...asked, interval: '1h' }, own)
      const found = (await listed({ limit: '500', ...asked }, own)).map(({ started_at }) =>
        String(started_at).slice(0, 13),
      )
      const hours = new Map<string, number>()
      for (const hour of found) hours.set(hour, (hours.get(hour) ?? 0) + 1)
      expect(counts.map(({ time, count }: Json) => [String(time).slice(0, 13), count])).toEqual([...hours].toSorted())
    }
  })

  it('are counted in parts as at once', async () => {
    const signIns = signInStreams(streams)
    if (signIns === undefined) throw new Error('There are no sign-ins.')
    const now = BigInt(Date.now()) * 1_000n
    const asked = { dt_from: day(30), by: 'outcome,provider', interval: '1d', timezone: 'Europe/Berlin' }
    const request = readSignInCountsRequest(signIns, asked, now)
    const principal = { subject: 't', scopes: [], organizations: own[0] === '*' ? ('all' as const) : own }
    const { signal } = new AbortController()
    const database = clickhouseDatabase(reader.client('query'))
    const count = (recordsAtOnce: number) =>
      fetchSignInCounts(authAudits, request, principal, { database, signal, recordsAtOnce })
    const whole = await count(1_000_000)
    expect(whole.length).toBeGreaterThan(10)
    expect(await count(20)).toEqual(whole)
  })
})

it('lists what lies between two times, and nothing twice', async () => {
  const [from, until] = [day(4), day(3)]
  const found = await listed({ dt_from: from, dt_to: until, limit: '5' })
  const all = expected(['*'])
  const inside = all.filter(({ steps }) => steps.some(({ time }) => time >= from && time < until))
  expect(found.map(({ trace_id }) => trace_id).toSorted()).toEqual(inside.map(({ one }) => one.trace_id).toSorted())
})

it('takes what a trace does hours after a sign-in for no part of it', async () => {
  const at = (minutes: number, values: Shown) =>
    shown({
      trace_id: 'twice',
      user_id: 'carol',
      ...values,
      time: new Date(Date.parse(day(2)) + minutes * 60_000).toISOString().replace('Z', '000Z'),
    })
  await reader.insert([
    at(0, { stage: 'Login', event: 'Wrong password' }),
    at(1, { stage: 'Login', event: 'Success' }),
    at(300, { stage: 'Refresh token', event: 'Success' }),
    at(600, { stage: 'Login', event: 'Wrong password' }),
    at(700, { stage: 'Logout', event: 'Success' }),
  ])
  const { sign_ins } = await ask('/v1/sign_ins', { user: 'carol' })
  expect(sign_ins.map(({ outcome, stages }: Json) => [outcome, stages])).toEqual([
    ['failure', 1],
    ['success', 2],
  ])
  const { counts } = await ask('/v1/sign_ins/counts', { user: 'carol', by: 'outcome', dt_from: day(3) })
  expect(counts).toEqual([
    { outcome: 'failure', count: 1 },
    { outcome: 'success', count: 1 },
  ])
})

it.each<[string, Asked, string]>([
  ['/v1/sign_ins', { limit: '501' }, 'limit: must be a whole number from 1 to 500.'],
  ['/v1/sign_ins', { cursor: 'x' }, 'cursor: is not a cursor of this service.'],
  ['/v1/sign_ins', { users: 'a' }, 'users: is not a parameter of sign_ins. Did you mean user?'],
  ['/v1/sign_ins', { outcome: 'meh' }, 'outcome: must be one of'],
  ['/v1/sign_ins/counts', { by: 'stage' }, 'by: "stage" is not a field to count by.'],
  ['/v1/sign_ins/counts', { interval: '7m' }, 'interval: must be one of'],
  ['/v1/sign_ins/counts', { interval: '1m', dt_from: day(30) }, 'There are more than 10000 counts.'],
])('%s refuses %j', async (path, asked, detail) => {
  const response = await reader.ask(asked, ['*'], reader.app, path)
  expect(response.statusCode).toBe(400)
  expect(response.json().detail).toContain(detail)
})
