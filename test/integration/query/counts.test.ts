import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { INTERVALS, MAX_GROUPS } from '../../../schemas/derive/counts.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { intervalNamed, startOf } from '../../../services/query/counts/intervals.js'
import { timeZoneNamed } from '../../../services/query/parameters/time_zone.js'
import { seeded } from '../../chaos/random.js'
import { type Asked, buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'
import { mayRead, randomOwn, tenantRecords } from '../../fixtures/records/tenants.js'

const random = seeded(1)
const records = tenantRecords(random, 1_500)
let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.insert(records)
  // Duplicates, as from a producer that is not sure whether it has sent a record.
  await reader.insert(records.slice(0, 700))
})

afterAll(() => reader.close())

const AGE = { dt_from: 'now-30d', dt_to: 'now+1d' }

async function counts(asked: Asked, organizations: readonly string[] = ['*']) {
  const authorization = await reader.authorization(organizations)
  return reader.app.inject({ url: '/v1/auth_audits/counts', query: { ...AGE, ...asked }, headers: { authorization } })
}

/** The expected answer: a model of the service counts the records. */
function model(of: readonly Shown[], by: readonly string[], seconds?: number): readonly object[] {
  const groups = new Map<string, { group: Record<string, string>; count: number }>()
  for (const record of of) {
    const begins = seconds && Math.floor(Date.parse(record.time ?? '') / 1_000 / seconds) * seconds
    const time = begins && new Date(begins * 1_000).toISOString().replace('.000Z', '.000000Z')
    const group = {
      ...(time ? { time } : {}),
      ...Object.fromEntries(by.flatMap((field) => (record[field] ? [[field, record[field]]] : []))),
    }
    const key = JSON.stringify(group)
    const { count } = groups.get(key) ?? { count: 0 }
    groups.set(key, { group, count: count + 1 })
  }
  return sorted([...groups.values()].map(({ group, count }) => ({ ...group, count })))
}

function sorted(of: readonly object[]): readonly object[] {
  return of.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
}

describe('counts', () => {
  it.each([
    [],
    ['event'],
    ['event', 'stage'],
    ['outcome'],
    ['outcome', 'login_org_id', 'stage'],
    ['user_agent', 'org_id', 'event', 'stage', 'outcome'],
  ])('by %j equal those of a model, with duplicates counted once', async (...by) => {
    const answer = (await counts({ by: by.join(',') })).json()
    expect(sorted(answer.counts)).toEqual(model(records, by))
    expect(answer.by).toEqual(by)
    expect(answer.interval).toBeUndefined()
  })

  it.each([...INTERVALS].filter(([name]) => ['1h', '8h', '1d', '30m'].includes(name)))(
    'by intervals of %s are in order of time, aligned to midnight UTC',
    async (interval, seconds) => {
      const { counts: answered } = (await counts({ interval, by: 'outcome' })).json()
      expect(sorted(answered)).toEqual(model(records, ['outcome'], seconds))
      const times = answered.map(({ time }: Shown) => time)
      expect(times).toEqual(times.toSorted())
    },
  )

  it('by intervals of the clocks in a time zone equal those of a model, also where clocks change', async () => {
    const lone = await buildReader(inject('servers'))
    // Every 40 minutes of 360 days: every zone that changes its clocks does so in between. A day is a partition.
    const times = Array.from(
      { length: 360 * 36 },
      (_, index) => BigInt(Date.parse(day(360)) + index * 2_400_000) * 1_000n,
    )
    for (let first = 0; first < times.length; first += 60 * 36) {
      const some = times.slice(first, first + 60 * 36)
      await lone.insert(some.map((time) => ({ event_id: randomUUID(), time: rfc3339FromMicros(time) })))
    }
    const headers = { authorization: await lone.authorization() }
    for (const timezone of [
      'Europe/Berlin',
      'Asia/Kolkata',
      'America/New_York',
      'Africa/Cairo',
      'Australia/Lord_Howe',
    ]) {
      for (const interval of ['1d', '12h', '1h']) {
        const parts = intervalNamed(interval, timeZoneNamed(timezone))
        const expected = new Map<string, number>()
        for (const time of times) {
          const start = rfc3339FromMicros(startOf(time, parts))
          expected.set(start, (expected.get(start) ?? 0) + 1)
        }
        const query = { interval, timezone, dt_from: day(361), dt_to: day(-1) }
        const answer = (await lone.app.inject({ url: '/v1/auth_audits/counts', query, headers })).json()
        expect(answer.timezone).toBe(timezone)
        const counted = answer.counts.map(({ time, count }: { time: string; count: number }) => [time, count])
        expect(counted, `${timezone} ${interval}`).toEqual([...expected])
      }
    }
    await lone.close()
  })

  it('with a limit are the largest ones, exact, however many there are', async () => {
    const lone = await buildReader(inject('servers'))
    // 25,000 people fail once, 30 of them more often: more groups than an answer may have.
    await lone.client('ingest').command({
      query: `INSERT INTO auth_audits (event_id, time, user_id)
        SELECT generateUUIDv7(number), '${day(3)} 12:00:00', toString(number < 25000 ? number : number % 30) FROM numbers(25465)`,
    })
    const headers = { authorization: await lone.authorization() }
    const ask = async (rest: string) =>
      (await lone.app.inject({ url: `/v1/auth_audits/counts?by=user_id&dt_from=now-9d${rest}`, headers })).json()
    expect((await ask('')).error_code).toBe('TOO_MANY_GROUPS')
    const { limit, counts: largest } = await ask('&limit=3')
    expect(limit).toBe(3)
    expect(largest.map(({ count }: { count: number }) => count)).toEqual([17, 17, 17])
    const byDay = (await ask('&limit=31&interval=1d')).counts
    expect(byDay.map(({ count }: { count: number }) => count)).toEqual([
      ...Array(15).fill(17),
      ...Array(15).fill(16),
      1,
    ])
    expect((await ask('&limit=10000&interval=1h')).error_code).toBe('TOO_MANY_GROUPS')
    expect((await ask('&limit=0')).detail).toMatch(/^limit: must be a whole number from 1 to/)
    await lone.close()
  })

  it('include only records that match and that the caller may read', async () => {
    for (let round = 0; round < 60; round++) {
      const own = randomOwn(random)
      const asked = { event: random.pick(['Success', 'Denied']), outcome: random.pick(['', 'failure', 'success']) }
      const readable = records.filter(
        (record) =>
          mayRead(own, record) &&
          record.event === asked.event &&
          (asked.outcome === '' || record.outcome === asked.outcome),
      )
      const answer = (await counts({ ...asked, by: 'stage,org_id,login_org_id' }, own)).json()
      expect(sorted(answer.counts), JSON.stringify({ own, asked })).toEqual(
        model(readable, ['stage', 'org_id', 'login_org_id']),
      )
    }
  })

  it('of no records are empty, or 0 without fields and intervals', async () => {
    expect((await counts({ event: 'none', by: 'stage' })).json().counts).toEqual([])
    expect((await counts({ event: 'none' })).json().counts).toEqual([{ count: 0 }])
  })

  it('are complete or an error: too many groups are rejected with advice', async () => {
    const lone = await buildReader(inject('servers'))
    const fill = (rows: number, from: number) =>
      lone.client('ingest').command({
        query: `INSERT INTO auth_audits (event_id, time, user_id)
          SELECT generateUUIDv7(number), '${day(3)} 12:00:00', toString(number) FROM numbers(${from}, ${rows})`,
      })
    const ask = async () =>
      lone.app.inject({
        url: '/v1/auth_audits/counts?by=user_id&dt_from=now-9d',
        headers: { authorization: await lone.authorization() },
      })
    await fill(MAX_GROUPS, 0)
    expect((await ask()).json().counts).toHaveLength(MAX_GROUPS)
    await fill(1, MAX_GROUPS)
    for (const more of [0, 100_000]) {
      if (more > 0) await fill(more, MAX_GROUPS)
      const refused = await ask()
      expect([refused.statusCode, refused.json().error_code]).toEqual([400, 'TOO_MANY_GROUPS'])
      expect(refused.json().detail).toMatch(/more than 10000 counts\. Ask for fewer: a longer interval/)
    }
    await lone.close()
  })

  it('with more intervals than allowed groups are rejected before anything is read', async () => {
    const refused = await counts({ interval: '1m' })
    expect([refused.statusCode, refused.json().error_code]).toEqual([400, 'TOO_MANY_GROUPS'])
  })

  it('work for each field, whatever its values', async () => {
    const texts = ["'", '\\', '\n', '漢字 😀', 'None', '%', '\0']
    const mark = randomUUID()
    await reader.insert(texts.map((user_id) => shown({ user_id, trace_id: mark })))
    const { counts: answered } = (await counts({ trace_id: mark, by: 'user_id' })).json()
    expect(sorted(answered)).toEqual(sorted(texts.map((user_id) => ({ user_id, count: 1 }))))
    for (const { name } of authAudits.fields) {
      expect((await counts({ by: name, trace_id: mark })).statusCode, name).toBe(200)
    }
  })
})

it('the stream of actions has counts too', async () => {
  const response = await reader.app.inject({
    url: '/v1/audits/counts?by=action&interval=1d',
    headers: { authorization: await reader.authorization() },
  })
  expect(response.json()).toMatchObject({ by: ['action'], interval: '1d', counts: [] })
})
