import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { microsFromRfc3339, rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Database, Query } from '../clickhouse/database.js'
import { type Row, timeOf } from '../clickhouse/rows.js'
import type { Order } from '../parameters/page.js'
import { DensityCache } from './density_cache.js'
import { fetchPage } from './page.js'
import { timeExtentQuery } from './query.js'
import type { ListRequest } from './request.js'
import { TimeExtentCache } from './time_extent.js'

const READER: Principal = { subject: 's', scopes: [], organizations: 'all' }
const NEWEST_TIME = microsFromRfc3339('2026-01-31T14:30:00.000000Z') as bigint
const HOUR = 3_600_000_000n

interface Asked {
  readonly from: bigint | undefined
  readonly until: bigint | undefined
  readonly limit: number
  readonly maxBytes: number | undefined
  /** Whether columns without a condition are read for the page's records alone. */
  readonly lazy: boolean
}

/** A table of records at these times, each as a row with the first columns of a list. `asked` are the queries. */
function tableOf(times: readonly bigint[], text = ''): Database & { readonly asked: Asked[] } {
  const sorted = times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const asked: Asked[] = []
  return {
    asked,
    async rows({ query, query_params }, _signal, maxBytes) {
      if (query === timeExtentQuery(authAudits).query) {
        return sorted.length === 0 ? [] : [[String(sorted[0]), String(sorted.at(-1))]]
      }
      const [from, until] = [bound(query_params, 'dt_from'), bound(query_params, 'dt_to')]
      const limit = query_params.limit as number
      const lazy = query.includes('lazy_materialization = 1')
      asked.push({ from, until, limit, maxBytes, lazy })
      const inside = sorted.filter(
        (time) => (from === undefined || time >= from) && (until === undefined || time < until),
      )
      const inOrder = query.includes('time DESC') ? inside.toReversed() : inside
      return inOrder
        .slice(0, limit)
        .map((time, index): Row => [`${text}${index}`, rfc3339FromMicros(time).replace('T', ' ').replace('Z', '')])
    },
  }
}

function bound(params: Query['query_params'], name: string): bigint | undefined {
  const text = params[name]
  return text === undefined ? undefined : microsFromRfc3339(`${String(text).replace(' ', 'T')}Z`)
}

function request(
  limit: number,
  order: Order = 'newest first',
  bounds: Partial<ListRequest['filters']> = {},
): ListRequest {
  return { filters: { limit, fields: [], ...bounds }, page: { order } }
}

async function read(
  database: Database,
  asked: ListRequest,
  clock = () => 0,
  timeExtents = new TimeExtentCache(database, () => 0),
  densityCache = new DensityCache(() => 0),
  principal = READER,
): Promise<bigint[]> {
  const { signal } = new AbortController()
  const rows = await fetchPage(authAudits, asked, principal, { database, timeExtents, densityCache, signal, clock })
  return rows.map(timeOf)
}

describe('a page', () => {
  const everyHour = Array.from({ length: 24 * 60 }, (_, hours) => NEWEST_TIME - BigInt(hours) * HOUR)

  it.each<Order>(['newest first', 'oldest first'])('is the result of one query, the %s', async (order) => {
    const inOrder = order === 'newest first' ? everyHour : everyHour.toReversed()
    for (const limit of [1, 2, 3, 50, 1439, 1440, 1441, 5000]) {
      expect(await read(tableOf(everyHour), request(limit, order))).toEqual(inOrder.slice(0, limit))
    }
  })

  it('has every record at the edges of windows once', async () => {
    const edges = [0n, 1n, 2n, 31n, 32n, 33n, 34n].flatMap((hours) => {
      const hour = NEWEST_TIME - (NEWEST_TIME % HOUR) - hours * HOUR
      return [hour - 1n, hour, hour, hour + 1n]
    })
    const expected = edges.toSorted((a, b) => (a < b ? 1 : -1))
    expect(await read(tableOf(edges), request(edges.length))).toEqual(expected)
    expect(await read(tableOf(edges), request(edges.length + 1))).toEqual(expected)
  })

  it('asks for no more records than are missing, and reads no further back than necessary', async () => {
    const table = tableOf(everyHour)
    await read(table, request(5))
    // A moment with the newest record, what four more would take then, and wider windows until there are four.
    expect(table.asked.map(({ limit }) => limit)).toEqual([7, 6, 6, 6, 6])
    expect(table.asked.map(({ from }) => rfc3339FromMicros(from as bigint))).toEqual([
      '2026-01-31T14:29:59.950001Z',
      '2026-01-31T14:29:59.710001Z',
      '2026-01-31T14:29:30.910001Z',
      '2026-01-31T13:31:54.910001Z',
      '2026-01-31T05:51:06.910001Z',
    ])
  })

  const login = { field: 'stage', parameter: 'stage', values: ['Login'] }
  const failure = { field: 'event', parameter: 'event', values: ['Failure'] }

  it.each<[boolean, string, Partial<ListRequest['filters']>, Principal['organizations']]>([
    [false, 'nothing', {}, 'all'],
    [false, 'an organization', {}, ['o']],
    [false, 'a field', { fields: [login] }, 'all'],
    [true, 'an outcome within an organization', { outcomes: ['failure'] }, ['o']],
    [true, 'two fields', { fields: [login, failure] }, 'all'],
  ])(
    'reads columns lazily (%s) where records are sparse, with a filter on %s',
    async (lazy, _, bounds, organizations) => {
      const table = tableOf(everyHour)
      const principal = { ...READER, organizations }
      await read(table, request(5, 'newest first', bounds), undefined, undefined, undefined, principal)
      // The last two queries are of the last hour, which is not sparse, and of the days before.
      expect(table.asked.slice(-2).map(({ lazy }) => lazy)).toEqual([true, lazy])
    },
  )

  it('resolves an outcome before the first window that is wider than ten seconds', async () => {
    const failures = request(5, 'newest first', { outcomes: ['failure'] })
    const dense = tableOf(Array.from({ length: 100 }, (_, index) => NEWEST_TIME - BigInt(index) * 100_000n))
    await read(dense, failures)
    expect(dense.asked.map(({ limit }) => limit)).toEqual([7, 6, 4])
    const sparse = tableOf(everyHour)
    await read(sparse, failures)
    expect(sparse.asked.map(({ limit }) => limit)).toEqual([7, 6, 1001, 101, 6, 6, 6])
  })

  it.each([
    ['trace_id', 2],
    ['user_id', 5],
  ])('finds a value of %s that the last moment does not have in %i windows', async (field, windows) => {
    const table = tableOf([NEWEST_TIME - 1000n * HOUR])
    const bounds = { fields: [{ field, parameter: field, values: ['x'] }] }
    const found = await read(
      table,
      request(5, 'newest first', bounds),
      undefined,
      new TimeExtentCache(tableOf(everyHour)),
    )
    expect(found).toEqual([NEWEST_TIME - 1000n * HOUR])
    expect(table.asked).toHaveLength(windows)
  })

  it.each<Order>(['newest first', 'oldest first'])(
    'takes one query where the density is known, the %s',
    async (order) => {
      const [table, densityCache] = [tableOf(everyHour), new DensityCache(() => 0)]
      const inOrder = order === 'newest first' ? everyHour : everyHour.toReversed()
      const all = { ...request(500, order), page: { order } }
      const queries = async (asked: ListRequest, expected: readonly bigint[]) => {
        table.asked.length = 0
        expect(await read(table, asked, undefined, undefined, densityCache)).toEqual(expected)
        return table.asked.length
      }
      expect(await queries(all, inOrder.slice(0, 500))).toBeGreaterThan(1)
      expect(await queries(all, inOrder.slice(0, 500))).toBe(1)
      const next = { ...all, page: { order, after: { time: inOrder[499] as bigint } } }
      expect(await queries(next, inOrder.slice(500, 1000))).toBe(1)
      expect(await queries(request(5000, order), inOrder)).toBe(1)
      // Then the total is known.
      expect(await queries(request(2000, order), inOrder)).toBe(1)
    },
  )

  it('learns no density from bounds of time with less than a page', async () => {
    const [table, densityCache] = [tableOf(everyHour), new DensityCache(() => 0)]
    const none = { from: NEWEST_TIME - 59n * (HOUR / 60n), until: NEWEST_TIME }
    expect(await read(table, request(5, 'newest first', none), undefined, undefined, densityCache)).toEqual([])
    await read(table, request(5), undefined, undefined, densityCache)
    expect(table.asked.map(({ limit }) => limit)).toEqual([7, 7, 7, 7, 7, 6, 6, 6, 6])
  })

  it('is complete where the density has changed since it was read', async () => {
    const densityCache = new DensityCache(() => 0)
    const tables = [60n, 1n, 60n].map((minutes) =>
      tableOf(everyHour.map((_, index) => NEWEST_TIME - BigInt(index) * minutes * (HOUR / 60n))),
    )
    for (const table of tables) {
      const everything = await read(table, request(5000))
      const page = await read(table, request(100), undefined, undefined, densityCache)
      expect(page).toEqual(everything.slice(0, 100))
    }
  })

  it('lies within the bounds of the request', async () => {
    const table = tableOf(everyHour)
    const bounds = { from: NEWEST_TIME - 30n * HOUR, until: NEWEST_TIME - 20n * HOUR }
    expect(await read(table, request(500, 'newest first', bounds))).toEqual(everyHour.slice(21, 31))
    expect(table.asked.at(-1)?.from).toBe(bounds.from)
    expect(table.asked[0]?.until).toBe(bounds.until)
  })

  it.each([
    ['of an empty table', [], {}],
    ['of an empty range', everyHour, { from: NEWEST_TIME, until: NEWEST_TIME - HOUR }],
  ])('%s is empty, without a query', async (_name, times, bounds) => {
    const table = tableOf(times)
    expect(await read(table, request(5, 'newest first', bounds))).toEqual([])
    expect(table.asked).toEqual([])
  })

  it.each([
    ['before all records', { until: NEWEST_TIME - 2000n * HOUR }],
    ['after them', { from: NEWEST_TIME + 1n }],
  ])('of a time %s is empty, after one query', async (_name, bounds) => {
    const table = tableOf(everyHour)
    expect(await read(table, request(5, 'newest first', bounds))).toEqual([])
    expect(table.asked).toMatchObject([bounds])
  })

  it.each<Order>(['newest first', 'oldest first'])(
    'has the records stored since the extent was read, the %s',
    async (order) => {
      const timeExtents = new TimeExtentCache(tableOf(everyHour), () => 0)
      const since = [NEWEST_TIME + HOUR, NEWEST_TIME - 5000n * HOUR, NEWEST_TIME - 30n * HOUR]
      const all = [...everyHour, ...since]
      const inOrder = all.toSorted((a, b) => (a < b ? 1 : -1))
      const expected = order === 'newest first' ? inOrder : inOrder.toReversed()
      for (const limit of [1, 50, all.length, 5000]) {
        expect(await read(tableOf(all), request(limit, order), undefined, timeExtents)).toEqual(
          expected.slice(0, limit),
        )
      }
      const fresh = { from: NEWEST_TIME + 1n }
      expect(await read(tableOf(all), request(5, order, fresh), undefined, timeExtents)).toEqual([NEWEST_TIME + HOUR])
    },
  )
})

describe('a page is too large', () => {
  const far = [NEWEST_TIME, NEWEST_TIME - 10n * HOUR, NEWEST_TIME - 1000n * HOUR]

  it('when its windows together take longer than a query may', async () => {
    let now = 0
    const clock = () => {
      now += 16_000
      return now
    }
    await expect(read(tableOf(far), request(5), clock)).rejects.toMatchObject({
      code: 'QUERY_TOO_LARGE',
      reason: 'TIMEOUT_EXCEEDED',
    })
  })

  it('when they together hold more than an answer may', async () => {
    const table = tableOf(far, 'x'.repeat(40 * 1024 * 1024))
    await expect(read(table, request(5))).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE', reason: 'TOO_MANY_BYTES' })
    const [first = 0, second = 0] = table.asked.map(({ maxBytes = 0 }) => maxBytes)
    expect(first).toBe(64 * 1024 * 1024)
    expect(first - second).toBeGreaterThan(40 * 1024 * 1024)
  })
})
