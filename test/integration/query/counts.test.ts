import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { INTERVALS, MAX_GROUPS } from '../../../schemas/derive/counts.js'
import { authAudits } from '../../../schemas/streams/index.js'
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
