import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seeded } from '../chaos/random.js'
import type { Shown } from '../fixtures/query/reader.js'
import { kindOf, oddSignIns } from '../fixtures/records/odd_sign_ins.js'
import { pythonWith } from '../fixtures/stack/python_environment.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'
import { AgilicusClient } from './agilicus_client.js'
import { PythonClient } from './python_client.js'

/** The published clients of other products page through the same sign-ins of a running stack. */
const records = oddSignIns(seeded(7), 120)
let stack: RunningStack
let token: string
let api: string
const clients: { stop(): Promise<void> }[] = []

async function client(name: string, ...packages: readonly string[]): Promise<PythonClient> {
  const started = new PythonClient(name, await pythonWith(name, [packages]))
  clients.push(started)
  return started
}

beforeAll(async () => {
  stack = await startStack()
  api = stack.file.query.url
  token = (await gatelog(stack, ['token'])).trim()
  const lines = records.map(({ outcome: _, ...record }) => `${JSON.stringify(record)}\n`)
  await gatelog(stack, ['emit', '-'], lines.join(''))
  for (const deadline = Date.now() + 30_000; (await stored()) < records.length; ) {
    if (Date.now() > deadline) throw new Error('The records were not stored in time.')
  }
})

afterAll(async () => {
  await Promise.all(clients.map((each) => each.stop()))
  await stack?.stop()
})

async function stored(): Promise<number> {
  const response = await fetch(`${api}/v1/auth_audits?limit=10000`, { headers: { authorization: `Bearer ${token}` } })
  const { auth_audits: found } = (await response.json()) as { auth_audits: readonly object[] }
  return found.length
}

function idsOf(of: readonly Shown[]): readonly string[] {
  return of.map(({ event_id = '' }) => event_id).toSorted()
}

test('agilicus reads every sign-in', async () => {
  const agilicus = await AgilicusClient.start('1.445.0')
  clients.push(agilicus)
  const found = await agilicus.pages({ api, token, query: { page_size: 40 } })
  expect(found.length).toBe(records.length)
})

describe('canvasapi', () => {
  interface Answer {
    readonly events?: readonly Readonly<Record<string, string>>[]
    readonly error?: { readonly type: string; readonly text: string }
  }

  /** On a busy machine the service may refuse a request for a moment (503). This client does not ask again. */
  async function eventsOf(owner: string, id: string, query: object): Promise<NonNullable<Answer['events']>> {
    for (const deadline = Date.now() + 60_000; ; ) {
      const { events, error } = await canvas.ask<Answer>({ api, token, owner, id, query })
      if (events !== undefined) return events
      if (!error?.text.includes('503') || Date.now() > deadline) throw new Error(`${error?.type}: ${error?.text}`)
    }
  }

  let canvas: PythonClient
  beforeAll(async () => {
    canvas = await client('canvas_events', 'canvasapi==3.6.0')
  })

  function shownOf(field: string, id: string): readonly Shown[] {
    return records
      .filter((record) => record[field]?.toLowerCase() === id.toLowerCase())
      .filter((record) => ['login', 'logout'].includes(kindOf(record)))
  }

  test.each([
    ['account', 'org_id'],
    ['user', 'user_id'],
    ['login', 'upstream_user_id'],
  ])('pages through the log-ins and log-outs of every %s', async (owner, field) => {
    let pages = 0
    for (const id of new Set(records.flatMap((record) => record[field] ?? []))) {
      const events = await eventsOf(owner, id, { per_page: 3 })
      const expected = shownOf(field, id)
      expect(events.map((event) => event.id).toSorted(), id).toEqual(idsOf(expected))
      pages += Math.ceil(expected.length / 3)
      for (const event of events) {
        const record = expected.find(({ event_id }) => event_id === event.id)
        expect(event.event_type).toBe(record && kindOf(record))
        expect(event.account_id ?? undefined).toBe(record?.org_id)
        expect(Date.parse(event.created_at_date ?? '')).toBe(Date.parse(record?.time ?? ''))
      }
    }
    expect(pages).toBeGreaterThan(10)
  })

  test('says that its token is wrong', async () => {
    const wrong = await canvas.ask<Answer>({ api, token: 'x', owner: 'user', id: 'ada', query: {} })
    expect(wrong.error?.type).toBe('InvalidAccessToken')
    expect(wrong.error?.text).toContain('not a JWT')
  })
})

describe('okta', () => {
  interface Answer {
    readonly events?: readonly { readonly uuid: string; readonly outcome: { readonly result: string } }[]
    readonly error?: string
  }

  let okta: PythonClient
  beforeAll(async () => {
    okta = await client('okta_logs', 'okta==3.4.6')
  })

  test.each([
    ['polls', {}],
    ['reads between two times', { until: new Date().toISOString(), sort_order: 'DESCENDING' }],
  ])('%s, and gets every sign-in once', async (_name, query) => {
    const { events = [], error } = await okta.ask<Answer>({ api, token, query: { limit: 40, ...query } })
    expect(error).toBeUndefined()
    expect(events.map(({ uuid }) => uuid).toSorted()).toEqual(idsOf(records))
  })

  test('filters', async () => {
    const filter = 'outcome.result eq "FAILURE" and (actor.id sw "a" or actor.alternateId eq "ADA@example.com")'
    const { events = [] } = await okta.ask<Answer>({ api, token, query: { filter } })
    const expected = records.filter(
      ({ outcome, user_id, upstream_user_id }) =>
        outcome === 'failure' && (user_id?.startsWith('a') || upstream_user_id?.toLowerCase() === 'ada@example.com'),
    )
    expect(expected.length).toBeGreaterThan(0)
    expect(events.map(({ uuid }) => uuid).toSorted()).toEqual(idsOf(expected))
  })

  test('says what is wrong', async () => {
    const { error } = await okta.ask<Answer>({ api, token, query: { filter: 'actr.id eq "1"' } })
    expect(error).toContain('Did you mean actor.id?')
    const refused = await okta.ask<Answer>({ api, token: 'x', query: {} })
    expect(refused.error).toContain('not a JWT')
  })
})

describe('authentik', () => {
  interface Answer<T> {
    readonly answer?: T
    readonly error?: { readonly status: number; readonly body: string }
  }
  type Event = Readonly<Record<'pk' | 'action' | 'client_ip', string>> & {
    readonly user: { readonly username: string }
  }

  let authentik: PythonClient
  beforeAll(async () => {
    authentik = await client('authentik_events', 'authentik-client==2026.8.5')
  })

  function ask<T>(call: string, query: object): Promise<Answer<T>> {
    return authentik.ask<Answer<T>>({ api, token, call, query })
  }

  test('pages through every sign-in', async () => {
    const { answer = [], error } = await ask<readonly Event[]>('list', { page_size: 25 })
    expect(error).toBeUndefined()
    expect(answer.map(({ pk }) => pk).toSorted()).toEqual(idsOf(records))
    const names = new Map(
      records.map(({ event_id, upstream_user_id, user_id }) => [event_id, upstream_user_id ?? user_id]),
    )
    for (const { pk, user } of answer) expect(user.username).toBe(names.get(pk) ?? '')
  })

  test('filters', async () => {
    const { answer = [] } = await ask<readonly Event[]>('list', { actions: ['login', 'logout'], ordering: 'created' })
    const expected = records.filter((record) => ['login', 'logout'].includes(kindOf(record)))
    expect(answer.map(({ pk }) => pk).toSorted()).toEqual(idsOf(expected))
  })

  test('gets one event, the actions and the counts', async () => {
    const [record] = records
    const { answer: event } = await ask<Event>('retrieve', { event_uuid: record?.event_id })
    expect(event?.pk).toBe(record?.event_id)
    const { answer: actions = [] } = await ask<readonly { component: string }[]>('actions', {})
    expect(actions.map(({ component }) => component)).toContain('login_failed')
    const { answer: volume = [] } = await ask<readonly { count: number }[]>('volume', {})
    expect(volume.reduce((sum, { count }) => sum + count, 0)).toBe(records.length)
    expect((await ask('top', {})).answer).toEqual([])
  })

  test('says what is wrong', async () => {
    expect((await ask('list', { ordering: 'app' })).error).toMatchObject({
      status: 400,
      body: expect.stringContaining('must be created or -created'),
    })
  })
})
