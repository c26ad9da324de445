import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { seeded } from '../../chaos/random.js'
import { buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'
import { kindOf, nameOf, oddSignIns } from '../../fixtures/records/odd_sign_ins.js'
import { storedTopic } from '../../fixtures/records/stored_topic.js'

/** authentik's Events API over generated events and sign-ins, against a model. */
const random = seeded(Number(process.env.COMPAT_SEED ?? 1))
const signIns = oddSignIns(random, 150)
const PATH = '/api/v3/events/events/'

interface Stored {
  readonly event_id: string
  readonly time: string
  readonly org_id: string
  readonly action: string
  readonly app: string
  readonly user: object
  readonly context: Readonly<Record<string, unknown>>
  readonly client_ip: string
  readonly brand: object
}

const APPS = [
  { pk: 'app-1', name: 'Wiki', app: 'authentik_core', model_name: 'application' },
  { pk: 'app-2', name: 'Mail', app: 'authentik_core', model_name: 'application' },
]

/** Events; each third one is a sign-in, too, with its id and its time. */
const events: readonly Stored[] = Array.from({ length: 120 }, (_, index) => {
  const twin = index % 3 === 0 ? signIns[index] : undefined
  const [made = {}] = oddSignIns(random, 1)
  const model = { app: 'authentik_core', model_name: random.pick(['user', 'group']), pk: String(index % 4), name: 'm' }
  return {
    event_id: twin?.event_id ?? made.event_id ?? '',
    time: twin?.time ?? made.time ?? '',
    org_id: twin?.org_id ?? random.pick(['org-1', 'org/2']),
    action: random.pick(['login', 'login_failed', 'authorize_application', 'model_created', 'custom_x', 'invoiced']),
    app: 'authentik.events.signals',
    user: { pk: index % 5, username: random.pick(['ada', 'Ada', 'bob']), email: 'a@example.com' },
    context: {
      message: random.pick(['Ünïcode wort', 'plain word', '"quoted" \\ word']),
      ...(index % 2 === 0 ? { authorized_application: random.pick(APPS) } : { model }),
    },
    client_ip: random.pick(['192.0.2.3', '2001:db8::5', '']),
    brand: { pk: 'b', name: random.pick(['Example Ltd', 'Other']), app: 'authentik_brands', model_name: 'brand' },
  }
})

const asEvents = new Set(events.map(({ event_id }) => event_id))
const others = signIns.filter(({ event_id = '' }) => !asEvents.has(event_id))

let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.insert(signIns)
  const rows = events.map(({ user, context, brand, ...rest }) => ({
    ...rest,
    user: JSON.stringify(user),
    context: JSON.stringify(context),
    brand: JSON.stringify(brand),
  }))
  await storedTopic(reader.client('ingest'), 'events').add(0, rows)
})

afterAll(() => reader.close())

type Event = Readonly<Record<string, unknown>> & { readonly pk: string; readonly created: string }

async function get(path: string, query: string, organizations?: readonly string[]) {
  const headers = { authorization: (await reader.authorization(organizations)).replace('Bearer', 'Token') }
  const response = await reader.app.inject({ url: `${path}?${query}`, headers })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body} to ${query}`)
  return response.json()
}

/** Every event, page by page. */
async function all(query: Readonly<Record<string, string>>, organizations?: readonly string[], size = 40) {
  const found: Event[] = []
  for (let page = 1; page !== 0; ) {
    const asked = new URLSearchParams({ ...query, page: String(page), page_size: String(size) })
    const { pagination, results } = await get(PATH, String(asked), organizations)
    expect(pagination.current).toBe(page)
    expect(pagination.previous).toBe(page - 1)
    expect(pagination.start_index).toBe(results.length === 0 ? 0 : found.length + 1)
    found.push(...results)
    expect(pagination.end_index).toBe(found.length)
    page = pagination.next
    if (page === 0) expect(pagination.count).toBe(found.length)
    else expect(pagination.count).toBeGreaterThan(found.length)
  }
  return found
}

function ids(of: readonly { readonly pk?: string; readonly event_id?: string }[]) {
  return of.map(({ pk, event_id }) => pk ?? event_id).toSorted()
}

const NAMED = ['login', 'login_failed', 'authorize_application', 'model_created']
const ACTIONS: Readonly<Record<string, string>> = { other: 'custom_' }
const actionOf = (record: Shown) => ACTIONS[kindOf(record)] ?? kindOf(record)

it.each(['-created', 'created'])('lists events and sign-ins, each occurrence once, by %s', async (ordering) => {
  const found = await all({ ordering }, undefined, 37)
  expect(ids(found)).toEqual(ids([...events, ...others]))
  const times = found.map(({ created }) => created)
  expect(times).toEqual(ordering === 'created' ? times.toSorted() : times.toSorted().toReversed())
})

it('gives an event back as it is stored', async () => {
  const found = new Map((await all({})).map((event) => [event.pk, event]))
  for (const { event_id, time, org_id: _, action, context, client_ip, ...rest } of events) {
    const known = NAMED.includes(action)
    expect(found.get(event_id)).toMatchObject({
      ...rest,
      created: time,
      client_ip: client_ip === '' ? null : client_ip,
      action: known ? action : 'custom_',
      context: known ? context : { ...context, custom_action: action },
    })
  }
})

describe('a filter', () => {
  const named = ({ user }: Stored) => (user as { username: string }).username
  it.each<[Record<string, string>, (event: Stored) => boolean, (record: Shown) => boolean]>([
    [{ action: 'LOGIN' }, ({ action }) => action.startsWith('login'), (one) => actionOf(one).startsWith('login')],
    [{ action: 'custom' }, ({ action }) => !NAMED.includes(action), (one) => actionOf(one) === 'custom_'],
    [{ actions: 'login_failed' }, ({ action }) => action === 'login_failed', (one) => actionOf(one) === 'login_failed'],
    [{ actions: 'custom_' }, ({ action }) => !NAMED.includes(action), (one) => actionOf(one) === 'custom_'],
    [{ username: 'ada' }, (one) => named(one) === 'ada', (one) => nameOf(one) === 'ada'],
    [{ username: 'Ada@Example.com' }, () => false, (one) => nameOf(one) === 'Ada@Example.com'],
    [
      { client_ip: '2001:DB8:0::5' },
      (one) => one.client_ip === '2001:db8::5',
      (one) => one.source_ip === '2001:db8::5',
    ],
    [
      { brand_name: 'Example Ltd' },
      ({ brand }) => (brand as { name: string }).name === 'Example Ltd',
      ({ org_name }) => org_name === 'Example Ltd',
    ],
    [
      { context_model_name: 'user' },
      ({ context }) => (context.model as { model_name: string } | undefined)?.model_name === 'user',
      () => false,
    ],
    [{ context_authorized_app: 'app-1' }, ({ context }) => context.authorized_application === APPS[0], () => false],
    [
      { context_model_pk: '3', username: 'bob' },
      (one) => (one.context.model as { pk: string } | undefined)?.pk === '3' && named(one) === 'bob',
      () => false,
    ],
    [{ search: 'PLAIN word' }, ({ context }) => context.message === 'plain word', () => false],
  ])('%j', async (query, ofEvent, ofSignIn) => {
    const expected = [...events.filter(ofEvent), ...others.filter(ofSignIn)]
    expect(expected.length).toBeGreaterThan(0)
    expect(ids(await all(query))).toEqual(ids(expected))
  })
})

it('shows a caller its own organizations alone', async () => {
  const own = ({ org_id }: { readonly org_id?: string }) => org_id === 'org-1'
  expect(ids(await all({}, ['org-1']))).toEqual(ids([...events.filter(own), ...others.filter(own)]))
  const [foreign] = events.filter((event) => !own(event))
  await expect(get(`${PATH}${foreign?.event_id}/`, '', ['org-1'])).rejects.toThrow('404')
})

it('finds an event, and a sign-in, by its pk', async () => {
  const [event, signIn] = [events[1], others[0]]
  expect((await get(`${PATH}${event?.event_id}/`, '')).pk).toBe(event?.event_id)
  expect(await get(`${PATH}${signIn?.event_id}/`, '')).toMatchObject({
    pk: signIn?.event_id,
    app: 'gatelog.auth_audits',
  })
  await expect(get(`${PATH}019b76da-a800-7000-8000-0123456789ab/`, '')).rejects.toThrow('404')
  await expect(get(`${PATH}nothing/`, '')).rejects.toThrow('404')
})

it('counts events of each action in six hours, each occurrence once', async () => {
  const volume = await get(`${PATH}volume/`, 'history_days=10')
  const model = new Map<string, number>()
  for (const [time, action] of [
    ...events.map((event) => [event.time, NAMED.includes(event.action) ? event.action : 'custom_'] as const),
    ...others.map((one) => [one.time ?? '', actionOf(one)] as const),
  ]) {
    const hour = String(Math.floor(Number(time.slice(11, 13)) / 6) * 6).padStart(2, '0')
    const key = `${time.slice(0, 11)}${hour}:00:00.000000Z ${action}`
    model.set(key, (model.get(key) ?? 0) + 1)
  }
  const found = volume.map(({ time, action, count }: Record<string, unknown>) => [`${time} ${action}`, count])
  expect(found.toSorted()).toEqual([...model].toSorted())
})

it('lists the applications that are used most', async () => {
  const top = await get(`${PATH}top_per_user/`, 'action=authorize_application&top_n=5')
  const model = APPS.map((application) => {
    const own = events.filter(
      ({ action, context }) => action === 'authorize_application' && context.authorized_application === application,
    )
    return {
      application,
      counted_events: own.length,
      unique_users: new Set(own.map(({ user }) => (user as { pk: number }).pk)).size,
    }
  })
  const byCount = (a: { counted_events: number }, b: { counted_events: number }) => b.counted_events - a.counted_events
  expect(top.toSorted(byCount)).toEqual(model.filter(({ counted_events }) => counted_events > 0).toSorted(byCount))
})

describe('a deep page', () => {
  it('is found by the page before it, and refused with advice where nobody has read that', async () => {
    const many = await buildReader(inject('servers'))
    const records = Array.from({ length: 1_300 }, (_, index) => ({
      event_id: crypto.randomUUID(),
      time: new Date(Date.parse(`${day(3)}T12:00:00Z`) - index * 1_000).toISOString().replace('Z', '000Z'),
      user_id: `user-${index}`,
      outcome: '',
    }))
    await many.insert(records)
    const ask = async (page: number) => {
      const response = await many.ask({ page: String(page), page_size: '100' }, undefined, undefined, PATH)
      return { status: response.statusCode, ...response.json() }
    }
    expect(await ask(12)).toMatchObject({
      status: 400,
      detail: expect.stringContaining('Read the page before it first'),
    })
    expect(await ask(5)).toMatchObject({ pagination: { next: 6, count: 1_001, start_index: 401 } })
    const seen: string[] = []
    for (let page = 1; page !== 0; ) {
      const { results, pagination } = await ask(page)
      seen.push(...results.map(({ pk }: Event) => pk))
      page = pagination.next
    }
    expect(seen).toEqual(records.map(({ event_id }) => event_id))
    expect(await ask(13)).toMatchObject({ status: 200, pagination: { next: 0, count: 1_300, total_pages: 13 } })
    expect(await ask(14)).toMatchObject({ status: 400 })
    await many.close()
  })
})
