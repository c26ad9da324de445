import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { clickhouseDatabase, type Database } from '../../../services/query/clickhouse/database.js'
import { KnownCopies } from '../../../services/query/counts/copies.js'
import { fetchCounts } from '../../../services/query/counts/fetch_counts.js'
import { countsQuery } from '../../../services/query/counts/query.js'
import { readCountsRequest } from '../../../services/query/counts/request.js'
import type { Principal } from '../../../services/runtime/auth/bearer_tokens.js'
import { seeded } from '../../chaos/random.js'
import { buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

/*
 * One record in a hundred has copies, in the same insert, in a later one, or in one that comes when the others have
 * been merged. Whatever is asked, each record is found and counted once.
 */

const random = seeded(3)
const RECORDS = 6_000
const BLOCKS = 12
const ALL: Principal = { subject: 's', scopes: [], organizations: 'all' }
const never = new AbortController().signal
const knownCopies = new KnownCopies()

/** Ten minutes of records, in order of time. */
const records: readonly Shown[] = Array.from({ length: RECORDS }, (_, index) => {
  const milliseconds = Math.floor((index * 600_000) / RECORDS)
  const time = new Date(Date.parse(`${day(2)}T11:55:00Z`) + milliseconds).toISOString().replace('Z', '000Z')
  return shown({
    time,
    org_id: `org-${index % 7}`,
    user_id: `user-${index % 50}`,
    trace_id: `trace-${index >> 2}`,
    stage: random.pick(['Login', 'Password', 'Token']),
    event: random.pick(['Success', 'Failure', 'Denied', '']),
    result: random.pick(['Success', 'DoMfa', '']),
  })
})

let reader: Reader
let database: Database
let statements: string[] = []

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  const client = clickhouseDatabase(reader.client('query'))
  database = {
    rows(query, ...rest) {
      statements.push(query.query)
      return client.rows(query, ...rest)
    },
  }
  const migrate = reader.client('migrate')
  const copies = (of: readonly Shown[], each: number) => of.filter((_, index) => index % each === 0)
  const size = RECORDS / BLOCKS
  for (let block = 0; block < BLOCKS; block++) {
    const own = records.slice(block * size, (block + 1) * size)
    await reader.insert([...own, ...copies(own, 250)])
    if (block % 3 === 1) await reader.insert(copies(records.slice(0, (block + 1) * size), 200))
    // Parts of several levels, and some that no merge has touched.
    if (block === 6) await migrate.command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  }
})

afterAll(() => reader.close())

const FROM = `${day(2)}T11:55:00.000000Z`
const UNTIL = `${day(2)}T12:05:00.000000Z`

/** Sorted, because rows with equal counts may change places. */
function sorted(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.map((row) => row.join(' ')).toSorted()
}

it.each([
  {},
  { by: 'outcome', interval: '1m' },
  { by: 'outcome' },
  { by: 'stage,event,result', interval: '5m' },
  { by: 'event', stage: 'Login', interval: '1m' },
  { by: 'stage', outcome: 'failure' },
  { by: 'event', event: 'none' },
])('counts of parts equal those with FINAL: %j', async (asked) => {
  for (let round = 0; round < 5; round++) {
    const [a, b] = [random.between(0, 599_999_999), random.between(0, 599_999_999)]
    const start = microsFromRfc3339(FROM) as bigint
    const range =
      round === 0
        ? { dt_from: FROM, dt_to: UNTIL }
        : { dt_from: rfc(start + BigInt(Math.min(a, b))), dt_to: rfc(start + BigInt(Math.max(a, b)) + 1n) }
    const request = readCountsRequest(authAudits, { ...range, ...asked }, 0n)
    statements = []
    const rows = await fetchCounts(authAudits, request, ALL, { database, signal: never, knownCopies, minRows: 0 })
    if (round === 0) expect(statements.some((statement) => statement.includes('_part IN'))).toBe(true)
    const expected = await database.rows(countsQuery(authAudits, request, ALL), never)
    expect(sorted(rows), JSON.stringify({ asked, range })).toEqual(sorted(expected))
  }
})

it('counts of parts read again what a merge replaces meanwhile', async () => {
  const request = readCountsRequest(authAudits, { dt_from: FROM, dt_to: UNTIL, by: 'stage' }, 0n)
  let listings = 0
  const merging: Database = {
    async rows(query, ...rest) {
      const rows = await database.rows(query, ...rest)
      // As if a merge had replaced all parts before they were counted.
      if (!query.query.startsWith('SELECT _part') || ++listings !== 1) return rows
      return rows.map(([name, ...others]) => [`${name}_1`, ...others])
    },
  }
  statements = []
  const rows = await fetchCounts(authAudits, request, ALL, {
    database: merging,
    signal: never,
    knownCopies,
    minRows: 0,
  })
  expect(rows.reduce((sum, [count]) => sum + Number(count), 0)).toBe(RECORDS)
  expect(statements.filter((statement) => statement.includes('sum(records)'))).toHaveLength(2)
})

it.each<[string, string[], { readonly user_id?: string; readonly outcome?: string }]>([
  ['everybody', ['*'], {}],
  ['an organization', ['org-3'], {}],
  ['everybody’s failures', ['*'], { outcome: 'failure' }],
  ['a person', ['*'], { user_id: 'user-9' }],
])('pages of %s have each record once', async (_, organizations, asked) => {
  await reader.insert(records.filter((_record, index) => index % 100 === 0))
  const expected = records.filter(
    ({ org_id, user_id, outcome }) =>
      (organizations[0] === '*' || org_id === organizations[0]) &&
      (asked.user_id === undefined || user_id === asked.user_id) &&
      (asked.outcome === undefined || outcome === asked.outcome),
  )
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = { limit: '97', ...asked, ...(cursor === undefined ? {} : { cursor }) }
    const answer = (await reader.ask(page, organizations)).json()
    found.push(...answer.auth_audits.map(({ event_id }: Shown) => event_id))
    cursor = answer.next_cursor
  } while (cursor !== undefined)
  expect(found.toSorted()).toEqual(expected.map(({ event_id }) => event_id).toSorted())
})

it('a record that was sent hundreds of times is on a page once, with its neighbors', async () => {
  const [first] = records
  await reader.insert(Array.from({ length: 300 }, () => first as Shown))
  const answer = await reader.list({ limit: '10', search_direction: 'backwards', dt_to: UNTIL, dt_from: FROM })
  expect(new Set(answer.map(({ event_id }) => event_id)).size).toBe(10)
})

function rfc(micros: bigint): string {
  const milliseconds = micros / 1_000n
  return `${new Date(Number(milliseconds)).toISOString().slice(0, 23)}${String(micros % 1_000n).padStart(3, '0')}Z`
}
