import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { seeded } from '../../chaos/random.js'
import { buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'
import { oddSignIns } from '../../fixtures/records/odd_sign_ins.js'
import { type StoredTopic, storedTopic } from '../../fixtures/records/stored_topic.js'

/** Okta's System Log API over generated sign-ins, against a model. */
const random = seeded(Number(process.env.COMPAT_SEED ?? 1))
const records = oddSignIns(random, 300)
/** Records of a day that pollers' first request has not: they arrive later, though their time is long past. */
const late = oddSignIns(random, 60)
const HOST = 'okta.example'
const EXPRESSIONS = 40

let reader: Reader
let topic: StoredTopic
let app: Reader['app']

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  topic = storedTopic(reader.client('ingest'))
  await topic.add(0, records.slice(0, 150))
  await topic.add(2, records.slice(150))
  // No wait between two reads of the marks: what is marked is visible at once.
  app = await reader.appOver(clickhouseDatabase(reader.client('query')), undefined, {
    timing: { pollMs: 0, heartbeatMs: 15_000, stallMs: 30_000 },
  })
})

afterAll(async () => {
  await app.close()
  await reader.close()
})

type Event = Readonly<Record<string, unknown>>

interface Page {
  readonly events: readonly Event[]
  readonly next: string | undefined
}

async function page(url: string, organizations?: readonly string[]): Promise<Page> {
  const headers = { authorization: await reader.authorization(organizations), host: HOST }
  const response = await app.inject({ url, headers })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body} to ${url}`)
  const next = /<([^>]*)>; rel="next"/.exec(String(response.headers.link))?.[1]
  return { events: response.json(), next: next?.replace(`http://${HOST}`, '') }
}

/** Follows the links until there is none, or until a page is empty. */
async function follow(from: string, organizations?: readonly string[]) {
  const events: Event[] = []
  for (let url = from; ; ) {
    const { events: found, next } = await page(url, organizations)
    events.push(...found)
    if (next === undefined || (found.length === 0 && next === url)) return { events, next }
    if (found.length === 0) return { events, next }
    url = next
  }
}

function address(query: Readonly<Record<string, string>>): string {
  return `/api/v1/logs?${new URLSearchParams(query)}`
}

const BOUNDS = { since: day(10), until: day(0) }

function uuids(events: readonly Event[]): readonly string[] {
  return events.map(({ uuid }) => String(uuid)).toSorted()
}

function idsOf(of: readonly Shown[]): readonly string[] {
  return of.map(({ event_id = '' }) => event_id).toSorted()
}

describe('between two times', () => {
  it.each(['ASCENDING', 'DESCENDING'])('it lists every event once, %s', async (sortOrder) => {
    const { events } = await follow(address({ ...BOUNDS, sortOrder, limit: '37' }))
    expect(uuids(events)).toEqual(idsOf(records))
    const times = events.map(({ published }) => String(published))
    const ordered = times.toSorted()
    expect(times).toEqual(sortOrder === 'ASCENDING' ? ordered : ordered.toReversed())
  })

  it('has the first time, and not the last', async () => {
    const [since, until] = [`${day(4)}T12:01:00.001Z`, `${day(4)}T12:31:00.031Z`]
    const { events } = await follow(address({ since, until }))
    expect(uuids(events)).toEqual(
      idsOf(records.filter(({ time = '' }) => time >= since.replace('Z', '000Z') && time < until.replace('Z', '000Z'))),
    )
  })

  it('has no link to a next page after the last', async () => {
    const { next } = await page(address({ ...BOUNDS, limit: String(records.length) }))
    expect(next).toBeUndefined()
  })
})

/** What `filter` compares, read from an event as Okta's path says. */
function textsAt(event: Event, path: string): readonly string[] {
  const values = path.split('.').reduce<readonly unknown[]>(
    (of, name) => {
      return of.flatMap((each) => (each as Record<string, unknown> | null)?.[name] ?? [])
    },
    [event],
  )
  return values.map(String)
}

const PATHS = [
  ...['eventType', 'outcome.result', 'outcome.reason', 'severity', 'actor.id', 'actor.alternateId', 'client.id'],
  ...['client.ipAddress', 'client.userAgent.rawUserAgent', 'authenticationContext.externalSessionId'],
  ...['transaction.id', 'target.displayName', 'uuid'],
]

type Test = (event: Event) => boolean

/** An expression, and what it means for an event. */
function expression(events: readonly Event[], depth: number): readonly [string, Test] {
  if (depth === 0 || random.fraction() < 0.3) return comparison(events)
  const parts = Array.from({ length: random.between(2, 3) }, () => expression(events, depth - 1))
  const word = random.pick(['and', 'or'])
  const text = parts.map(([part]) => `(${part})`).join(` ${word} `)
  return [
    text,
    (event) => (word === 'and' ? parts.every(([, test]) => test(event)) : parts.some(([, test]) => test(event))),
  ]
}

function comparison(events: readonly Event[]): readonly [string, Test] {
  const path = random.pick(PATHS)
  const values = ['nobody', 'user.session.start', 'unknown', ...textsAt(random.pick(events), path)]
  const value = values.at(-1) ?? ''
  const chosen = random.fraction() < 0.7 ? value : random.pick(values)
  const begins = path !== 'uuid' && random.fraction() < 0.4
  const given = begins ? [...chosen].slice(0, random.between(0, 6)).join('') : chosen
  const cased = path === 'actor.alternateId' ? (text: string) => text.toLowerCase() : (text: string) => text
  const matches = (text: string) => (begins ? cased(text).startsWith(cased(given)) : cased(text) === cased(given))
  return [`${path} ${begins ? 'sw' : 'eq'} ${JSON.stringify(given)}`, (event) => textsAt(event, path).some(matches)]
}

describe('filter', () => {
  it(`finds what ${EXPRESSIONS} expressions say of the events themselves`, async () => {
    const { events } = await follow(address({ ...BOUNDS, limit: '1000' }))
    const asked = Array.from({ length: EXPRESSIONS }, () => expression(events, random.between(0, 2)))
    const atOnce = pLimit(4)
    const found = await Promise.all(
      asked.map(([filter]) => atOnce(() => follow(address({ ...BOUNDS, filter, limit: '1000' })))),
    )
    for (const [index, [filter, test]] of asked.entries()) {
      expect(uuids(found[index]?.events ?? []), filter).toEqual(uuids(events.filter(test)))
    }
    expect(found.flatMap((each) => each.events).length).toBeGreaterThan(EXPRESSIONS)
  })

  it('takes as many comparisons as it says', async () => {
    const types = Array.from(
      { length: 15 },
      (_, index) => `(eventType sw "user.${'session'.slice(0, index % 7)}" and actor.id sw "a")`,
    )
    const { events } = await page(address({ ...BOUNDS, filter: types.join(' or '), limit: '1000' }))
    expect(uuids(events)).toEqual(
      idsOf(
        records
          .filter(({ user_id }) => user_id?.startsWith('a'))
          .filter(({ event_id }) => uuids(events).includes(event_id ?? '')),
      ),
    )
    expect(events.length).toBeGreaterThan(0)
  })

  it('follows a poller, too', async () => {
    const filter = 'outcome.result eq "FAILURE" or eventType eq "user.session.end"'
    const { events } = await follow(address({ since: day(10), filter, limit: '20' }))
    const failed = ({ outcome, eventType }: Event) =>
      (outcome as Event).result === 'FAILURE' || eventType === 'user.session.end'
    const { events: all } = await follow(address({ ...BOUNDS, limit: '1000' }))
    expect(uuids(events)).toEqual(uuids(all.filter(failed)))
  })
})

it.each(['FIREFOX', 'ada example', '漢', "o'", '%', 'nobody-has-this', 'wiki &', '192.0.2'])(
  'q=%s finds each word',
  async (q) => {
    const { events } = await follow(address({ ...BOUNDS, q }))
    const fields = [
      ...['user_id', 'upstream_user_id', 'source_ip', 'user_agent', 'client_id', 'application_name', 'session'],
      ...['trace_id', 'stage', 'event', 'org_name'],
    ]
    const has = (record: Shown, word: string) =>
      fields.some((field) => record[field]?.toLowerCase().includes(word.toLowerCase()))
    expect(uuids(events)).toEqual(idsOf(records.filter((record) => q.split(' ').every((word) => has(record, word)))))
  },
)

it('shows a caller its own organizations alone', async () => {
  const own = records.filter(({ org_id }) => org_id === 'org-1' || org_id === '漢字')
  for (const query of [BOUNDS, { since: day(10) }]) {
    const { events } = await follow(address({ ...query, limit: '20' }), ['org-1', '漢字'])
    expect(uuids(events)).toEqual(idsOf(own))
  }
})

describe('a poller', () => {
  it('gets each event once: what was there, then what arrives, however old it is', async () => {
    const from = address({ since: `${day(4)}T12:10:00Z`, limit: '25' })
    const first = await page(from)
    // Arrives while the poller reads what was there before; some of it is older than what it has read.
    await topic.add(1, late.slice(0, 30))
    const rest = await follow(first.next ?? '')
    await topic.add(1, late.slice(30))
    const { events: arrived, next } = await follow(rest.next ?? '')
    const events = [...first.events, ...rest.events, ...arrived]
    const before = records.filter(({ time = '' }) => time >= `${day(4)}T12:10:00Z`)
    expect(uuids(events)).toEqual(idsOf([...before, ...late]))
    expect(arrived.length).toBeGreaterThan(0)

    // A poll without news is empty, and its link goes on.
    expect((await page(next ?? '')).events).toEqual([])
  })

  it('gets none of an older copy again', async () => {
    const { next } = await follow(address({ since: day(10), limit: '1000' }))
    await topic.add(2, records.slice(0, 5))
    expect((await page(next ?? '')).events).toEqual([])
  })

  it('learns when its place is of another request', async () => {
    const { next = '' } = await page(address({ since: day(10), limit: '5' }))
    await expect(page(`${next}&until=${day(0)}`)).rejects.toThrow('after: is of a request with another until')
  })
})
