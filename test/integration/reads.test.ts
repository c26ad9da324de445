import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { filterParameters } from '../../schemas/derive/parameters.js'
import { authAudits } from '../../schemas/streams/index.js'
import { type CountedStore, countedStore } from '../fixtures/counted_store.js'
import { fill } from '../fixtures/filled_table.js'
import { type Question, questions } from '../fixtures/filter_values.js'
import { buildReader, type Reader } from '../fixtures/reader.js'

const ROWS = 400_000
const ORGANISATIONS = [
  ['everybody', '*', 0.05],
  // With a second condition, an organisation's records are read until enough are found that fit both: here, up to all of them.
  ['the largest organisation', 'org-0', 0.25],
  ['a small organisation', 'org-150', 0.25],
] as const

let reader: Reader
let store: CountedStore
let app: Awaited<ReturnType<Reader['appOver']>>
let all: readonly Question[]

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await fill(reader.client('ingest'), { rows: ROWS, people: 20_000, days: 40 })
  await reader.client('migrate').command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  store = countedStore(reader.client('query'))
  app = await reader.appOver(store)
  all = await questions(reader.client('ingest'))
}, 120_000)

afterAll(async () => {
  await app.close()
  await reader.close()
})

async function read(
  asked: Readonly<Record<string, string>>,
  organisations: readonly string[] = ['*'],
): Promise<number> {
  store.takeCount()
  const response = await reader.ask({ limit: '20', ...asked }, organisations, app)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return store.takeCount()
}

const filters = filterParameters(authAudits).flatMap(({ kind, name }) =>
  kind === 'from' || kind === 'until' ? [] : name,
)

describe.each(filters)('%s', (parameter) => {
  it.each(ORGANISATIONS)('does not scan the table, of %s', async (_name, organisation, share) => {
    const asked = all.filter((question) => question.parameter === parameter)
    expect(asked.length).toBeGreaterThan(0)
    for (const { value, frequency } of asked) {
      const rows = await read({ [parameter]: value }, [organisation])
      expect(rows, `${frequency}: ${value}`).toBeLessThan(ROWS * share)
    }
  })
})

it.each(['org-0', 'org-150'])('the newest page of %s reads little', async (organisation) => {
  expect(await read({}, [organisation])).toBeLessThan(ROWS * 0.05)
})
