import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { withEventKindRules } from '../../../schemas/derive/outcomes/event_kind.js'
import { streams } from '../../../schemas/streams/index.js'
import { type CountedDatabase, countedDatabase } from '../../fixtures/query/counted_database.js'
import { type Asked, buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'
import { fill } from '../../fixtures/records/filled_table.js'

/** What the first pages of other products' lists read of a table. */
const ROWS = 400_000
/** 0.1 % of 20 million: what a page reads does not grow with the table. */
const MAX_ROWS = 20_000
/** The sign-ins of this table end with a token. */
const KINDS = { auth_audits: [{ kind: 'login', when: { stage: ['Token'] }, outcomes: ['success'] }] } as const

let reader: Reader
let database: CountedDatabase
let app: Awaited<ReturnType<Reader['appOver']>>
let person: Shown

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  const patient = { request_timeout: 110_000 }
  await fill(reader.client('ingest', patient), { rows: ROWS, people: 2_000, days: 40 })
  await reader.client('migrate', patient).command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  const [newest] = await reader.list({ limit: '1', stage: 'Token', outcome: 'success' })
  person = newest ?? {}
  database = countedDatabase(reader.client('query'))
  app = await reader.appOver(database, undefined, { streams: withEventKindRules(streams, KINDS) })
}, 240_000)

afterAll(async () => {
  await app.close()
  await reader.close()
})

const AUDIT = '/api/v1/audit/authentication'
const TIMES = { since: day(20), until: day(1) }

it.each<[name: string, path: () => string, query: Asked]>([
  ['Canvas’s account', () => `${AUDIT}/accounts/${person.org_id}`, {}],
  ['Canvas’s user', () => `${AUDIT}/users/${person.user_id}`, {}],
  ['Canvas’s login', () => `${AUDIT}/logins/${encodeURIComponent(person.upstream_user_id ?? '')}`, {}],
  ['Okta’s newest events', () => '/api/v1/logs', { sortOrder: 'DESCENDING' }],
  ['Okta’s events between two times', () => '/api/v1/logs', TIMES],
  ['a poller of Okta’s log', () => '/api/v1/logs', { since: day(20) }],
  ['Okta’s failures', () => '/api/v1/logs', { ...TIMES, filter: 'outcome.result eq "FAILURE"' }],
  ['Okta’s log-ins', () => '/api/v1/logs', { ...TIMES, filter: 'eventType eq "user.session.start"' }],
])('the first page of %s reads little', async (name, path, query) => {
  database.takeCount()
  const response = await reader.ask(query, undefined, app, path())
  expect(response.statusCode, response.body).toBe(200)
  // A poller has nothing here: the records are not marked as ingest marks them.
  if (!name.includes('poller')) expect(response.body).toContain(person.org_id?.slice(0, 4))
  expect(database.takeCount()).toBeLessThan(MAX_ROWS)
})
