import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { limitRateOf } from '../../../services/runtime/auth/rate_limit.js'
import { AgilicusClient, listByCommand, type Query, type Version } from '../../e2e/agilicus_client.js'
import { buildReader, day, type Reader, shown } from '../../fixtures/query/reader.js'

/** The unchanged published client against the query service. */
let reader: Reader
let api: string
const clients = new Map<Version, AgilicusClient>()

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  api = await reader.app.listen({ host: '127.0.0.1', port: 0 })
  for (const version of ['1.415.0', '1.445.0'] as const) clients.set(version, await AgilicusClient.start(version))
}, 600_000)

afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.stop()))
  await reader.close()
})

function client(version: Version): AgilicusClient {
  const started = clients.get(version)
  if (started === undefined) throw new Error(`The client ${version} was not started.`)
  return started
}

async function asked(query: Query['query'], organizations?: readonly string[]): Promise<Query> {
  return { api, token: (await reader.authorization(organizations)).replace('Bearer ', ''), query }
}

/** Records a minute and a microsecond apart, newest first. */
const apart = Array.from({ length: 230 }, (_, index) => {
  const time = new Date(Date.parse(`${day(3)}T12:00:00Z`) - index * 60_000).toISOString().slice(0, -1)
  return shown({
    trace_id: 'apart',
    user_id: `user-${index}`,
    org_id: 'o',
    time: `${time}${String(index + 1).padStart(3, '0')}Z`,
  })
})
const equal = Array.from({ length: 130 }, (_, index) => shown({ trace_id: 'equal', user_id: `user-${index}` }))

beforeAll(() => reader.insert([...apart, ...equal]))

function users(records: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  return records.map(({ user_id }) => user_id)
}

describe.each<Version>(['1.415.0', '1.445.0'])('agilicus %s', (version) => {
  it('accepts full, partial and empty answers', async () => {
    for (const limit of [1, 100, 230, 231, 500]) {
      const read = await client(version).list(await asked({ trace_id: 'apart', limit }))
      const expected = apart.slice(0, limit).map((record) => ({ ...record, time: record.time?.replace('Z', '+00:00') }))
      expect(read).toEqual(expected)
    }
    expect(await client(version).list(await asked({ trace_id: 'another' }))).toEqual([])
  })

  it('raises its ApiException for an error, with the status and a body that says what to do', async () => {
    const refusals = [
      [await asked({ dt_from: 'blah' }), 400, 'INVALID_PARAMETER', /dt_from: "blah" is not understood as a time/],
      [{ ...(await asked({})), token: 'x' }, 401, 'TOKEN_INVALID', /not a JWT/],
      [await asked({}, []), 403, 'NO_ORGANISATION', /names no organization/],
    ] as const
    for (const [query, status, error_code, message] of refusals) {
      const error = await client(version)
        .list(query)
        .catch((raised) => raised)
      expect(error).toMatchObject({ status })
      expect(JSON.parse(error.body)).toMatchObject({
        status,
        error_code,
        error_message: expect.stringMatching(message),
      })
      expect(error.headers['Content-Type'] ?? error.headers['content-type']).toMatch('application/problem+json')
    }
  })
})

describe('auto_paging_iter of 1.445', () => {
  const pages = async (query: Query['query']) => users(await client('1.445.0').pages(await asked(query)))

  it('reads every record once, newest first, without a key', async () => {
    expect(await pages({ trace_id: 'apart' })).toEqual(users(apart))
    expect(await pages({ trace_id: 'apart', page_size: 7 })).toEqual(users(apart))
    expect(await pages({ trace_id: 'apart', page_size: 23 })).toEqual(users(apart))
    expect(await pages({ trace_id: 'apart', limit: 150 })).toEqual(users(apart.slice(0, 150)))
  })

  it.each([
    { page_on: ['time'] },
    { page_on: ['id'] },
    { page_on: ['time', 'event_id'] },
    { page_sort: ['desc'] },
    { page_on: ['time', 'event_id'], page_sort: ['desc', 'desc'] },
  ])('reads every record once, with %j', async (paging) => {
    expect(await pages({ trace_id: 'apart', page_size: 50, ...paging })).toEqual(users(apart))
  })

  it.each([
    { page_sort: ['asc'] },
    { search_direction: 'backwards' },
    { page_on: ['time', 'event_id'], page_sort: ['asc', 'asc'] },
  ])('reads every record, oldest first, with %j', async (paging) => {
    expect(await pages({ trace_id: 'apart', page_size: 50, ...paging })).toEqual(users(apart.toReversed()))
  })

  it('neither skips nor repeats records with equal times', async () => {
    for (const page_size of [13, 129, 130]) {
      expect((await pages({ trace_id: 'equal', page_size })).toSorted()).toEqual(users(equal).toSorted())
    }
  })

  it('waits for Retry-After when it exceeds the rate, and continues', async () => {
    const database = clickhouseDatabase(reader.client('query'))
    const limitRate = limitRateOf({ perSecond: 5, burst: 5 })
    const hurried = await reader.appOver(database, undefined, { limitRate })
    const address = await hurried.listen({ host: '127.0.0.1', port: 0 })
    const query = { ...(await asked({ trace_id: 'apart', page_size: 25 })), api: address }
    expect(users(await client('1.445.0').pages(query))).toEqual(users(apart))
    expect(await hurried.inject('/metrics').then(({ body }) => body)).toMatch(
      /refusals_total\{code="RATE_LIMITED"\} [1-9]/,
    )
    await hurried.close()
  })

  it('raises its exception for a key that cannot be used for pages', async () => {
    await expect(pages({ page_on: ['user_id'] })).rejects.toThrow('Pagination not implemented on this key')
  })
})

describe('agilicus-cli 1.415', () => {
  it('pages by the time of the last record and prints every record', async () => {
    const lines = await listByCommand(await asked({ trace_id: 'apart', org_id: 'o', dt_from: 'now-10days' }))
    const printed = lines.flatMap((line) => /user-\d+/.exec(line)?.[0] ?? [])
    expect(printed).toEqual(users(apart))
  })
})
