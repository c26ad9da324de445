import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { clickhouseExportDatabase } from '../../../services/query/export/database.js'
import { timeExtentQuery } from '../../../services/query/list/query.js'
import { type CountedClient, countedClient, type Work } from '../../fixtures/query/counted_database.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { type Asked, buildReader, day, type Reader } from '../../fixtures/query/reader.js'
import {
  excludes,
  filters,
  MINE,
  records,
  THEIRS,
  VALUES,
  type Values,
  values,
} from '../../fixtures/records/secret_values.js'
import { storedTopic } from '../../fixtures/records/stored_topic.js'

/**
 * How much ClickHouse reads for a caller must not depend on whether another organization has what the caller asks for.
 * Otherwise the time of an answer reveals it. Each value of the other organization has a twin of the same length that
 * nobody has.
 */

/** Requests that run at once. */
const AT_ONCE = 8
const ORGANIZATION_FIELDS = ['org_id', 'login_org_id', 'not_org_id', 'not_login_org_id']

/** Other forms of a filter's values, that match the same records. */
const FORMS: readonly (readonly [name: string, filter: string, form: (value: string) => string])[] = [
  ['a range of the address', 'source_ip', (value) => `${value}/48`],
  ['a wide range of the address', 'source_ip', (value) => `${value}/44`],
  ['the user in upper case', 'upstream_user_id', (value) => value.toUpperCase()],
  ['the beginning of the user', 'upstream_user_id', (value) => `${value.slice(0, -4)}*`],
]

let reader: Reader
let exporter: Exporter
let app: Awaited<ReturnType<Reader['appOver']>>
let queries: CountedClient
let exports: CountedClient

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  // Lists read the extent of time once in half a second, for all callers; followers share their reads of the marks.
  const timeExtent = timeExtentQuery(authAudits).query
  const isOwn = (statement: string) => statement !== timeExtent && !statement.includes('ingest_marks')
  queries = countedClient(reader.client('query'), isOwn)
  exports = countedClient(reader.client('export'))
  app = await reader.appOver(clickhouseDatabase(queries.client))
  exporter = await buildExporter(reader, { database: clickhouseExportDatabase(exports.client), perPrincipal: 100 })
  const stored = records().toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
  await storedTopic(reader.client('ingest')).add(0, stored)
})

afterAll(async () => {
  await app.close()
  await exporter.app.close()
  await reader.close()
})

type Compatible = readonly [
  name: string,
  filter: string,
  path: (value: string) => string,
  query: (value: string) => Asked,
]

const EVENTS = '/api/v3/events/events/'
const LOGS = `/api/v1/logs?since=${day(30)}&until=${day(-1)}&filter=outcome.result+eq+`

/** Ways to ask in the words of other products, each for the values of one of our filters. */
const COMPATIBLE: readonly Compatible[] = [
  ['Canvas’s user', 'user_id', (id) => `/api/v1/audit/authentication/users/${id}`, () => ({})],
  ['Canvas’s login', 'upstream_user_id', (id) => `/api/v1/audit/authentication/logins/${id}`, () => ({})],
  ...(
    [
      ['actor.id eq', 'user_id'],
      ['actor.alternateId eq', 'upstream_user_id'],
      ['client.userAgent.rawUserAgent sw', 'user_agent'],
      ['transaction.id eq', 'trace_id'],
      ['eventType eq', 'event_name'],
      ['uuid eq', 'event_id'],
      ['client.id eq "c" or actor.id eq', 'user_id'],
    ] as const
  ).map(([comparison, filter]): Compatible => {
    const bounds = { since: day(30), until: day(-1) }
    const query = (value: string) => ({ ...bounds, filter: `${comparison} "${value}"` })
    return [`Okta’s ${comparison}`, filter, () => '/api/v1/logs', query]
  }),
  ['authentik’s user', 'upstream_user_id', () => EVENTS, (username) => ({ username })],
  ['authentik’s user by its id', 'user_id', () => EVENTS, (username) => ({ username })],
  ['authentik’s address', 'source_ip', () => EVENTS, (client_ip) => ({ client_ip })],
  ['a word in authentik’s events', 'session_id', () => EVENTS, (search) => ({ search })],
  [
    'a word in Okta’s log',
    'session_id',
    () => '/api/v1/logs',
    (q) => ({ since: day(30), until: day(-1), q: q.slice(0, 40) }),
  ],
  [
    'a poller of Okta’s log',
    'user_id',
    () => '/api/v1/logs',
    (id) => ({ since: day(30), filter: `actor.id eq "${id}"` }),
  ],
]

const TIMES = { dt_from: day(30), dt_to: day(-1) }

/** The ways to read, each as what ClickHouse reads for one question of mine. */
const routes: Readonly<Record<string, (asked: Asked) => Promise<Work>>> = {
  list: (asked) => queries.workOf(() => get('/v1/auth_audits', { limit: '20', ...asked })),
  counts: (asked) => queries.workOf(() => get('/v1/auth_audits/counts', { ...TIMES, by: 'outcome', ...asked })),
  values: (asked) => queries.workOf(() => get('/v1/auth_audits/values', { ...TIMES, field: 'upstream_idp', ...asked })),
  changes: (asked) => queries.workOf(() => get('/v1/auth_audits/changes', { limit: '20', ...asked })),
  export: (asked) => exports.workOf(() => exported(asked)),
}

/** In this process, and not through a connection: what the request reads must be known as its own. */
async function exported(asked: Asked): Promise<void> {
  const headers = { authorization: await reader.authorization([MINE], '10m', 'audits:export') }
  const response = await exporter.app.inject({ url: '/v1/auth_audits/export', query: { ...asked }, headers })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
}

async function get(path: string, asked: Asked): Promise<void> {
  const response = await reader.ask(asked, [MINE], app, path)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
}

/**
 * The most common work of several questions, and how many took another: rarely, a Bloom filter takes one value for
 * another.
 */
async function usualWork(route: (asked: Asked) => Promise<Work>, asked: readonly Asked[]) {
  const counts = new Map<string, number>()
  const atOnce = pLimit(AT_ONCE)
  for (const each of await Promise.all(asked.map((one) => atOnce(() => route(one))))) {
    const work = JSON.stringify(each)
    counts.set(work, (counts.get(work) ?? 0) + 1)
  }
  const [[work, count] = ['', 0]] = [...counts].toSorted(([, a], [, b]) => b - a)
  return { work, others: asked.length - count }
}

describe.each(['as inserted', 'merged'])('records %s', (state) => {
  beforeAll(async () => {
    if (state === 'merged') await reader.client('migrate').command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  })

  describe.each(Object.keys(routes))('%s', (name) => {
    const route = routes[name] as (asked: Asked) => Promise<Work>

    // All routes have exclusions from the same place, so one of them is enough for most.
    it.each(filters.flatMap((filter) => (name === 'list' || !excludes(filter) ? filter.name : [])))(
      'reads the same whether or not others have the value of %s',
      async (filter) => {
        const { theirs, nobodys } = values.get(filter) as Values
        const isOrganization = ORGANIZATION_FIELDS.includes(filter)
        const known = isOrganization ? [THEIRS] : theirs
        const unknown = isOrganization ? ['org-nobody'] : nobodys
        const withThem = await usualWork(
          route,
          known.map((value) => ({ [filter]: value })),
        )
        const without = await usualWork(
          route,
          unknown.map((value) => ({ [filter]: value })),
        )
        expect(withThem.work).toBe(without.work)
        expect(withThem.others + without.others).toBeLessThanOrEqual(VALUES * 0.3)
      },
    )

    it.each(FORMS)('reads the same whether or not others have %s', async (_name, filter, form) => {
      const { theirs, nobodys } = values.get(filter) as Values
      const asked = (list: readonly string[]) => list.map((value) => ({ [filter]: form(value) }))
      const [withThem, without] = [await usualWork(route, asked(theirs)), await usualWork(route, asked(nobodys))]
      expect(withThem.work).toBe(without.work)
      expect(withThem.others + without.others).toBeLessThanOrEqual(VALUES * 0.3)
    })

    it('reads the same for each letter of text within another’s user agent', async () => {
      const [agent = ''] = values.get('user_agent')?.theirs ?? []
      const prefixes = Array.from({ length: 20 }, (_, index) => agent.slice(0, 'user_agent-'.length + index + 1))
      const wrong = prefixes.map((prefix) => `${prefix.slice(0, -1)}${prefix.endsWith('x') ? 'y' : 'x'}`)
      const asked = (texts: readonly string[]) => texts.map((text) => ({ user_agent: text }))
      const [right, other] = [await usualWork(route, asked(prefixes)), await usualWork(route, asked(wrong))]
      expect(right).toEqual({ ...other, others: 0 })
    })

    it.skipIf(name !== 'values')('reads the same whether or not others have a value that begins so', async () => {
      const [theirs = ''] = values.get('upstream_idp')?.theirs ?? []
      const asked = (starts_with: string) => route({ field: 'upstream_idp', starts_with })
      expect(await asked(theirs.slice(0, -3))).toEqual(await asked(randomUUID()))
    })

    it('reads the same whether or not others have the outcome', async () => {
      const ofOthers = await route({ outcome: 'failure' })
      expect(await route({ outcome: 'challenge' })).toEqual(ofOthers)
    })
  })

  it.each(['/v1/sign_ins', '/v1/sign_ins/counts'])(
    '%s reads the same whether or not others have the user, or the provider',
    async (path) => {
      const route = (asked: Asked) =>
        queries.workOf(() => get(path, path.endsWith('counts') ? { ...TIMES, ...asked } : asked))
      for (const [parameter, filter] of [
        ['user', 'user_id'],
        ['user', 'upstream_user_id'],
        ['provider', 'upstream_idp'],
      ] as const) {
        const { theirs, nobodys } = values.get(filter) as Values
        const asked = (list: readonly string[]) => list.map((value) => ({ [parameter]: value }))
        const [withThem, without] = [await usualWork(route, asked(theirs)), await usualWork(route, asked(nobodys))]
        expect(withThem.work, filter).toBe(without.work)
        expect(withThem.others + without.others).toBeLessThanOrEqual(VALUES * 0.5)
      }
    },
  )

  it('a sign-in reads the same whether or not others have the trace', async () => {
    const { theirs, nobodys } = values.get('trace_id') as Values
    const route = ({ trace = '' }: Asked) =>
      queries.workOf(async () => {
        const response = await reader.ask({}, [MINE], app, `/v1/sign_ins/${String(trace)}`)
        expect(response.statusCode).toBe(404)
      })
    const withThem = await usualWork(
      route,
      theirs.map((trace) => ({ trace })),
    )
    const without = await usualWork(
      route,
      nobodys.map((trace) => ({ trace })),
    )
    expect(withThem.work).toBe(without.work)
    expect(withThem.others + without.others).toBeLessThanOrEqual(VALUES * 0.3)
  })

  describe.each(COMPATIBLE)('%s', (_name, filter, path, query) => {
    it('reads the same whether or not others have it', async () => {
      const { theirs, nobodys } = values.get(filter) as Values
      const route = ({ value = '' }: Asked) =>
        queries.workOf(() => get(path(encodeURIComponent(String(value))), query(String(value))))
      const asked = (list: readonly string[]) => list.map((value) => ({ value }))
      const [withThem, without] = [await usualWork(route, asked(theirs)), await usualWork(route, asked(nobodys))]
      expect(withThem.work).toBe(without.work)
      expect(withThem.others + without.others).toBeLessThanOrEqual(VALUES * 0.3)
    })
  })

  it.each([
    [
      'Canvas’s account',
      `/api/v1/audit/authentication/accounts/${THEIRS}`,
      '/api/v1/audit/authentication/accounts/nobody',
    ],
    ['Okta’s result', `${LOGS}%22FAILURE%22`, `${LOGS}%22CHALLENGE%22`],
  ])('%s reads the same whether or not others have it', async (_name, others, nobodys) => {
    const work = (path: string) => queries.workOf(() => get(path, {}))
    expect(await work(others)).toEqual(await work(nobodys))
  })
})
