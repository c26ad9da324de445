import { UUID } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { exclusionNamed } from '../../../schemas/derive/parameters.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { listQuery } from '../../../services/query/list/query.js'
import { type CountedDatabase, countedDatabase } from '../../fixtures/query/counted_database.js'
import { buildReader, day, type Reader, shown } from '../../fixtures/query/reader.js'
import { fill } from '../../fixtures/records/filled_table.js'
import { type Question, questions, selectingParameters } from '../../fixtures/records/filter_values.js'

const ROWS = 400_000
/** Rows of granules at the edges of a few windows. */
const EDGES = 4 * 512
/** The days' distinct stages, events and results, from a projection: the outcomes follow from them. */
const COMBINATIONS = 42_000
const ORGANIZATIONS = [
  ['everybody', '*', 0.05],
  // With a second condition, the records of an organization are read until enough match both: here, up to all.
  ['the largest organization', 'org-0', 0.25],
  ['a small organization', 'org-150', 0.25],
] as const

let reader: Reader
let database: CountedDatabase
let app: Awaited<ReturnType<Reader['appOver']>>
let all: readonly Question[]

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await fill(reader.client('ingest', { request_timeout: 110_000 }), { rows: ROWS, people: 20_000, days: 40 })
  await reader.insert(
    ['198.51.100.7', '198.51.100.200', '2001:db8:5:6::1', '2001:db8:5:7::1'].map((source_ip, index) => {
      const time = `${day(2 + index)}T12:00:00.000000Z`
      const event_id = UUID.fromFieldsV7(Date.parse(time), 0, 0, index).toString()
      return shown({ source_ip, org_id: 'org-150', event_id, time })
    }),
  )
  const patient = reader.client('migrate', { request_timeout: 110_000 })
  await patient.command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  database = countedDatabase(reader.client('query'))
  app = await reader.appOver(database)
  all = await questions(reader.client('ingest'))
}, 240_000)

afterAll(async () => {
  await app.close()
  await reader.close()
})

async function read(
  asked: Readonly<Record<string, string>>,
  organizations: readonly string[] = ['*'],
): Promise<number> {
  database.takeCount()
  const response = await reader.ask({ limit: '20', ...asked }, organizations, app)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return database.takeCount()
}

const filters = selectingParameters().map(({ name }) => name)

describe.each(filters)('%s', (parameter) => {
  it.each(ORGANIZATIONS)('does not scan the table, for %s', async (_name, organization, share) => {
    const asked = all.filter((question) => question.parameter === parameter)
    expect(asked.length).toBeGreaterThan(0)
    for (const { value, frequency } of asked) {
      const rows = await read({ [parameter]: value }, [organization])
      expect(rows, `${frequency}: ${value}`).toBeLessThan(ROWS * share)
    }
  })
})

describe.each(filters.filter((name) => name !== 'event_id'))('an exclusion by %s', (parameter) => {
  it('reads no more than the list that it narrows', async () => {
    const person = (await reader.list({ limit: '1' }))[0]?.user_id ?? ''
    for (const [organization, list] of [
      ['*', { user_id: person }],
      ['org-150', { dt_from: day(3) }],
    ] as const) {
      const whole = { limit: '10000', dt_to: day(-1), ...list }
      const narrowed = await read(whole, [organization])
      expect(narrowed).toBeGreaterThan(0)
      for (const { value } of all.filter((question) => question.parameter === parameter)) {
        const rows = await read({ ...whole, [exclusionNamed(parameter)]: value }, [organization])
        // It reads other windows of time, and a granule at the edge of two windows counts twice.
        const combinations = parameter === 'outcome' ? COMBINATIONS : 0
        expect(rows, value).toBeLessThanOrEqual(narrowed + EDGES + combinations)
      }
    }
  })
})

describe.each(ORGANIZATIONS)('a prefix, for %s,', (_name, organization, share) => {
  it.each(['person.19999*', 'person.19*', 'per*', 'person.1@organization*', 'nobody*', 'perhaps*'])(
    '%s does not scan the table',
    async (prefix) => {
      expect(await read({ upstream_user_id: prefix }, [organization])).toBeLessThan(ROWS * share)
    },
  )
})

it.each([
  ['198.51.100.0/24', '*'],
  ['198.51.100.0/24', 'org-150'],
  ['198.51.100.192/26', 'org-150'],
  ['2001:db8:5::/48', '*'],
  ['2001:db8:5::/48', 'org-150'],
])(
  'all records of a rare range, %s, are counted from a hundredth of the table, for %s',
  async (range, organization) => {
    database.takeCount()
    const asked = { source_ip: range, dt_from: day(60), dt_to: day(-1) }
    const response = await reader.ask(asked, [organization], app, '/v1/auth_audits/counts')
    expect(response.json().counts).toEqual([{ count: range.endsWith('/26') ? 1 : 2 }])
    expect(database.takeCount()).toBeLessThan(ROWS * 0.01)
  },
)

it.each(['org-0', 'org-150'])('the newest page of %s reads little', async (organization) => {
  expect(await read({}, [organization])).toBeLessThan(ROWS * 0.05)
})

it('an event id is searched among the records of its time', async () => {
  const [record] = await reader.list({ limit: '1', dt_to: 'now-10d' })
  const id = { field: 'event_id', parameter: 'event_id', values: [record?.event_id ?? ''], match: 'id' } as const
  const everybody = { subject: 'tester', scopes: [], organizations: 'all' } as const
  const { query, query_params } = listQuery(authAudits, { limit: 500, fields: [id] }, everybody)
  const explained = await reader.client('query').query({
    query: `EXPLAIN json = 1, indexes = 1 ${query}`,
    query_params,
    format: 'JSONCompactEachRow',
  })
  const lines = await explained.json<[string]>()
  const [{ Plan: plan }] = JSON.parse(lines.flat().join('\n'))
  const made = indexesOf(plan).find(({ Name }) => Name === 'made')
  expect(made?.['Selected Granules']).toBeGreaterThan(0)
  expect(made?.['Selected Granules']).toBeLessThan(0.05 * (made?.['Initial Granules'] ?? 0))
})

/** A step of a query from `EXPLAIN`: https://clickhouse.com/docs/sql-reference/statements/explain#explain-plan */
interface Step {
  readonly Plans?: readonly Step[]
  readonly Indexes?: readonly IndexUse[]
}

interface IndexUse {
  readonly Name?: string
  readonly 'Initial Granules': number
  readonly 'Selected Granules': number
}

function indexesOf({ Plans = [], Indexes = [] }: Step): readonly IndexUse[] {
  return [...Indexes, ...Plans.flatMap(indexesOf)]
}
