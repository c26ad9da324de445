import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { countedDatabase } from '../../fixtures/query/counted_database.js'
import { buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

const HOUR_MS = 3_600_000

let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
})

afterAll(() => reader.close())

type Asked = Readonly<Record<string, string | string[]>>
interface Page {
  readonly auth_audits: readonly Shown[]
  readonly page_at_id?: string
  readonly next_cursor?: string
  readonly page_info?: { page_on: string[]; page_at_key: string[]; previous_key: string[] }
}

async function page(asked: Asked): Promise<Page> {
  const response = await reader.ask(asked)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return response.json()
}

/** How a caller gets the next page: the parameters to add to the same request, or undefined at the end. */
type ReadOn = (page: Page) => Asked | undefined

const byCursor: ReadOn = ({ next_cursor }) => (next_cursor === undefined ? undefined : { cursor: next_cursor })
const byKey: ReadOn = ({ page_info }) => page_info && { page_on: page_info.page_on, page_at_key: page_info.page_at_key }
const byTime: ReadOn = ({ page_at_id }) => (page_at_id === undefined ? undefined : { dt_to: page_at_id })

/** All records, page by page. */
async function all(asked: Asked, readOn: ReadOn): Promise<Shown[]> {
  const found: Shown[] = []
  let more: Asked | undefined = {}
  while (more !== undefined) {
    const answer: Page = await page({ ...asked, ...more })
    found.push(...answer.auth_audits)
    if (found.length > 10_000) throw new Error('There is no end to the pages.')
    more = readOn(answer)
  }
  return found
}

function times(records: readonly Shown[]): string[] {
  return records.map(({ time = '' }) => time)
}

function ids(records: readonly Shown[]): string[] {
  return records.map(({ event_id = '' }) => event_id)
}

/** A time this many hours and microseconds before noon, some days ago. */
function moment(hoursAgo: number, micros = 0): string {
  const milliseconds = Date.parse(`${day(3)}T12:00:00Z`) - hoursAgo * HOUR_MS
  const whole = new Date(milliseconds + Math.floor(micros / 1000)).toISOString().slice(0, -1)
  return `${whole}${String(((micros % 1000) + 1000) % 1000).padStart(3, '0')}Z`
}

describe('among equal times', () => {
  const same = Array.from({ length: 60 }, () => shown({ trace_id: 'equal', time: moment(0, 7) }))
  const around = [moment(0, 6), moment(0, 8)].map((time) => shown({ trace_id: 'equal', time }))
  const records = [...same, ...around]

  beforeAll(() => reader.insert(records))

  it.each<[string, ReadOn]>([
    ['a cursor', byCursor],
    ['page_info', byKey],
  ])('%s neither skips nor repeats records, for any page size, in both orders', async (_name, readOn) => {
    for (const limit of ['1', '7', '30', '61', '62', '63']) {
      for (const page_sort of ['desc', 'asc']) {
        const found = await all({ trace_id: 'equal', limit, page_sort }, readOn)
        expect(found).toHaveLength(records.length)
        expect(new Set(ids(found))).toEqual(new Set(ids(records)))
        const [first, last] = times(page_sort === 'desc' ? found : found.toReversed()).filter(
          (_, index, { length }) => index === 0 || index === length - 1,
        )
        expect([first, last]).toEqual([moment(0, 8), moment(0, 6)])
      }
    }
  })

  it('one order is the reverse of the other', async () => {
    const newest = await page({ trace_id: 'equal' })
    const oldest = await page({ trace_id: 'equal', search_direction: 'backwards' })
    expect(ids(oldest.auth_audits)).toEqual(ids(newest.auth_audits).toReversed())
  })

  it('previous_key with backwards leads to the previous page', async () => {
    const first = await page({ trace_id: 'equal', limit: '10', page_on: 'id' })
    const second = await page({ trace_id: 'equal', limit: '10', ...byKey(first) })
    const before = { page_at_key: second.page_info?.previous_key ?? [], search_direction: 'backwards' }
    const back = await page({ trace_id: 'equal', limit: '10', ...before })
    expect(ids(back.auth_audits)).toEqual(ids(first.auth_audits).toReversed())
    const beginning = await page({
      trace_id: 'equal',
      page_at_key: first.page_info?.previous_key ?? [],
      page_sort: 'asc',
    })
    expect(beginning.auth_audits).toEqual([])
  })

  it('a time alone skips all of them', async () => {
    const at = { page_on: 'time', page_at_key: moment(0, 7) }
    expect(times((await page({ trace_id: 'equal', ...at })).auth_audits)).toEqual([moment(0, 6)])
    expect(times((await page({ trace_id: 'equal', ...at, page_sort: 'asc' })).auth_audits)).toEqual([moment(0, 8)])
  })

  it('a cursor continues at its position when records arrive before it', async () => {
    const first = await page({ trace_id: 'arriving', limit: '1' })
    expect(first.auth_audits).toEqual([])
    const [early, late] = [
      shown({ trace_id: 'arriving', time: moment(1) }),
      shown({ trace_id: 'arriving', time: moment(0) }),
    ]
    await reader.insert([early, shown({ trace_id: 'arriving', time: moment(2) })])
    const begun = await page({ trace_id: 'arriving', limit: '1' })
    expect(begun.auth_audits).toEqual([early])
    await reader.insert([late])
    const next = await page({ trace_id: 'arriving', limit: '1', ...byCursor(begun) })
    expect(times(next.auth_audits)).toEqual([moment(2)])
  })
})

describe('over windows of time', () => {
  // On both sides of full hours and days, dense and sparse, near and far, with a gap of weeks.
  const offsets = [0, 1, 2, 3, 11, 12, 13, 14, 36, 50, 51, 60, 61, 200, 1000, 1001, 2000, 5000]
  const records = offsets.flatMap((hours) =>
    [-1, 0, 0, 1].map((micros) => shown({ trace_id: 'windows', time: moment(hours, micros) })),
  )
  const newestFirst = times(records).toSorted().toReversed()

  beforeAll(() => reader.insert(records))

  it.each<[string, ReadOn]>([
    ['cursor', byCursor],
    ['page_info', byKey],
  ])('pages by %s have every record once, in order', async (_name, readOn) => {
    for (const limit of ['3', '10', String(records.length)]) {
      const down = await all({ trace_id: 'windows', limit }, readOn)
      expect(times(down)).toEqual(newestFirst)
      expect(new Set(ids(down)).size).toBe(records.length)
      const up = await all({ trace_id: 'windows', limit, page_sort: 'asc' }, readOn)
      expect(ids(up)).toEqual(ids(down).toReversed())
    }
  })

  it('pages by the time of the last record have every record with a unique time', async () => {
    const apart = Array.from({ length: 30 }, (_, index) => shown({ trace_id: 'apart', time: moment(7 * index, index) }))
    await reader.insert(apart)
    expect(await all({ trace_id: 'apart', limit: '4' }, byTime)).toEqual(apart)
  })

  it('time bounds apply, wherever they are', async () => {
    for (const [from, until] of [
      [2000, 0],
      [61, 12],
      [13, 12],
      [4000, 1500],
      [9000, 6000],
    ] as const) {
      const [dt_from, dt_to] = [moment(from), moment(until)]
      const inside = newestFirst.filter((time) => time >= dt_from && time < dt_to)
      expect(times(await all({ trace_id: 'windows', dt_from, dt_to, limit: '5' }, byCursor))).toEqual(inside)
    }
  })
})

it('a page reads a small share of the table, wherever it starts', async () => {
  const lone = await buildReader(inject('servers'))
  const rows = 400_000
  await lone.client('ingest').command({
    query: `INSERT INTO auth_audits (event_id, time, org_id, user_id)
      SELECT generateUUIDv7(number), now64(6) - toIntervalMillisecond(number * 2160), toString(number % 200), toString(number)
      FROM numbers(${rows})`,
  })
  const database = countedDatabase(lone.client('query'))
  const app = await lone.appOver(database)
  for (const asked of [{}, { page_sort: 'asc' }, { dt_to: 'now-5d' }, { org_id: '7', limit: '5' }]) {
    const { auth_audits, limit } = (await lone.ask(asked, ['*'], app)).json()
    expect(auth_audits).toHaveLength(limit)
    // Ten days of rows: a page takes a few granules of one or two days, depending on where in its hour it starts.
    expect(database.takeCount() / rows, JSON.stringify(asked)).toBeLessThan(0.15)
  }
  await lone.close()
})

it('a cursor grants nothing: each caller reads its own records', async () => {
  const [mine, other] = [randomUUID(), randomUUID()]
  await reader.insert([mine, other].map((org_id, hours) => shown({ org_id, trace_id: 'two', time: moment(hours) })))
  const first = await reader.ask({ trace_id: 'two', limit: '1' }, [mine, other])
  const { next_cursor } = first.json()
  expect(await reader.list({ trace_id: 'two', cursor: next_cursor }, [mine])).toEqual([])
  expect(await reader.list({ trace_id: 'two', cursor: next_cursor }, [other])).toHaveLength(1)
})
