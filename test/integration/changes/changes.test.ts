import type { ClickHouseClient } from '@clickhouse/client'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import {
  type Asked,
  buildReader,
  day,
  POSITION_TOKENS,
  type Reader,
  type Shown,
  shown,
} from '../../fixtures/query/reader.js'
import { type StoredTopic, storedTopic } from '../../fixtures/records/stored_topic.js'

interface Changes {
  readonly limit: number
  readonly auth_audits: readonly Shown[]
  readonly next: string
  readonly more: boolean
}

let reader: Reader
let topic: StoredTopic
/** What has arrived before a test: each reads what is its own. */
let now: string

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  // A merge removes a copy, and then nothing shows that it was read. Only the test of that case merges.
  await reader.client('migrate').command({
    query: 'ALTER TABLE auth_audits MODIFY SETTING min_parts_to_merge_at_once = 1000',
  })
})

afterAll(() => reader.close())

beforeEach(async () => {
  topic = storedTopic(reader.client('ingest'))
  now = (await changes({ after: 'now' })).next
})

function ask(asked: Asked, organizations?: readonly string[]) {
  return reader.ask(asked, organizations, reader.app, '/v1/auth_audits/changes')
}

async function changes(asked: Asked, organizations?: readonly string[]): Promise<Changes> {
  const response = await ask(asked, organizations)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return response.json()
}

/** Reads on from page to page until there is no more. */
async function all(asked: Asked, organizations?: readonly string[]): Promise<{ ids: string[]; next: string }> {
  const ids: string[] = []
  for (let after = String(asked.after ?? now); ; ) {
    const { auth_audits, next, more } = await changes({ ...asked, after }, organizations)
    ids.push(...idsOf(auth_audits))
    if (!more) return { ids, next }
    after = next
  }
}

function idsOf(records: readonly Shown[]): string[] {
  return records.map(({ event_id = '' }) => event_id)
}

function batch(count: number, values: Shown = {}): Shown[] {
  return Array.from({ length: count }, () => shown(values))
}

describe('a poller', () => {
  it('gets new records in order, and then none until there are more', async () => {
    const [first, second] = [batch(3), batch(2)]
    await topic.add(0, first)
    const page = await changes({ after: now })
    expect(page).toEqual({ limit: 500, auth_audits: first, next: expect.any(String), more: false })
    expect(await changes({ after: page.next })).toEqual({ ...page, auth_audits: [] })
    await topic.add(0, second)
    expect((await changes({ after: page.next })).auth_audits).toEqual(second)
  })

  it('gets late records when they become visible, whatever their time', async () => {
    const fresh = shown({ time: `${day(1)}T12:00:00.000000Z` })
    const late = shown({ time: `${day(200)}T00:00:00.000001Z` })
    await topic.add(0, [fresh])
    const { next } = await changes({ after: now })
    await topic.add(0, [late])
    expect((await changes({ after: next })).auth_audits).toEqual([late])
  })

  it('gets nothing past the marks: a range that spans days is inserted day by day', async () => {
    const [first, second] = [batch(2, { time: `${day(4)}T12:00:00.000000Z` }), batch(2)]
    await topic.insert(0, first)
    expect((await changes({ after: now })).auth_audits).toEqual([])
    await topic.insert(0, second)
    expect((await changes({ after: now })).auth_audits).toEqual([])
    await topic.mark(0)
    expect((await changes({ after: now })).auth_audits).toEqual([...first, ...second])
  })

  it.each([1, 2, 7, 100])('gets each record once in pages of %i, each partition in order', async (limit) => {
    const partitions = [batch(17), batch(1), batch(40), []]
    for (const [partition, records] of partitions.entries()) {
      if (records.length > 0) await topic.add(partition, records)
    }
    const { ids } = await all({ limit: String(limit) })
    expect(ids.toSorted()).toEqual(idsOf(partitions.flat()).toSorted())
    for (const records of partitions) {
      const own = new Set(idsOf(records))
      expect(ids.filter((id) => own.has(id))).toEqual(idsOf(records))
    }
  })

  it('gets the records of several partitions in the order in which they were stored', async () => {
    const records = batch(6)
    for (const [index, record] of records.entries()) {
      await topic.add(index % 3, [record])
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect((await changes({ after: now })).auth_audits).toEqual(records)
  })

  it('continues in a partition that is added, and in a topic that is created again', async () => {
    await topic.add(0, batch(5))
    const { next } = await changes({ after: now })
    const added = batch(2)
    await topic.add(7, added)
    const second = await changes({ after: next })
    expect(second.auth_audits).toEqual(added)
    const recreated = batch(3)
    await storedTopic(reader.client('ingest')).add(0, recreated)
    expect((await changes({ after: second.next })).auth_audits).toEqual(recreated)
  })

  it('continues when retention has dropped records before and after its position', async () => {
    const old = batch(3, { time: `${day(300)}T12:00:00.000000Z` })
    const kept = batch(2)
    await topic.add(0, old)
    const { next } = await changes({ after: now, limit: '1' })
    await topic.add(0, kept)
    await reader.client('migrate').command({ query: `ALTER TABLE auth_audits DROP PARTITION '${day(300)}'` })
    expect((await changes({ after: next })).auth_audits).toEqual(kept)
  })
})

describe('a filter', () => {
  it('selects records, and the token advances past the others', async () => {
    const records = Array.from({ length: 3_000 }, (_, index) =>
      shown({ event: index % 1_000 === 7 ? 'Rare' : 'Common' }),
    )
    await topic.add(0, records)
    const rare = records.filter(({ event }) => event === 'Rare')
    const page = await changes({ after: now, event: 'Rare', limit: '10' })
    expect(page).toMatchObject({ auth_audits: rare, more: false })
    expect((await changes({ after: page.next })).auth_audits).toEqual([])
  })

  it('can select by time, and by the caller’s organizations', async () => {
    const [mine, others] = [batch(2, { org_id: 'mine' }), batch(2, { org_id: 'others' })]
    const past = shown({ org_id: 'mine', time: `${day(9)}T00:00:00.000000Z` })
    await topic.add(0, [...mine, ...others, past])
    expect((await all({}, ['mine'])).ids).toEqual(idsOf([...mine, past]))
    expect((await all({ dt_from: `${day(4)}` }, ['mine'])).ids).toEqual(idsOf(mine))
    expect((await all({ org_id: 'others' }, ['mine'])).ids).toEqual([])
  })
})

describe('a record that its producer sent twice', () => {
  it('comes once to a poller that has not read it yet', async () => {
    const [twice, between] = [shown({}), shown({})]
    await topic.add(0, [twice])
    await topic.add(0, [between])
    await topic.add(1, [twice])
    const { ids } = await all({})
    expect(ids.toSorted()).toEqual(idsOf([twice, between]).toSorted())
    expect((await all({ limit: '1' })).ids.toSorted()).toEqual(ids.toSorted())
  })

  it('does not come again to one that has', async () => {
    const [twice, other] = [shown({ org_id: 'o' }), shown({ org_id: 'o' })]
    await topic.add(0, [twice])
    const { next } = await changes({ after: now })
    await topic.add(0, [other, twice])
    await topic.add(1, [twice])
    expect((await changes({ after: next })).auth_audits).toEqual([other])
  })

  it('is never missing, whichever copy the table keeps', async () => {
    const [twice, other] = [shown({}), shown({})]
    await topic.add(0, [twice])
    const { next } = await changes({ after: now })
    await topic.add(0, [other])
    await topic.add(0, [twice])
    await reader.client('migrate').command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
    expect((await all({})).ids.toSorted()).toEqual(idsOf([twice, other]).toSorted())
    // The first copy is gone, so nothing shows that it was read. docs/follow.md describes this case.
    expect((await changes({ after: next })).auth_audits).toEqual([other, twice])
  })
})

describe('where to begin', () => {
  it('is the beginning by default', async () => {
    await topic.add(0, batch(1))
    expect((await changes({})).auth_audits.length).toBeGreaterThan(0)
    expect(await changes({ after: 'beginning' })).toEqual(await changes({}))
    expect(await changes({ after: 'now' })).toMatchObject({ auth_audits: [], more: false })
  })

  it.each([
    ['nonsense', 'is incomplete'],
    ['A', 'is incomplete'],
    ['ä', 'is incomplete'],
    [POSITION_TOKENS.encode('audits', new Map()), 'belongs to the stream audits, not to auth_audits'],
    [POSITION_TOKENS.encode('auth_audits', new Map()).slice(0, -3), 'is incomplete'],
    [
      POSITION_TOKENS.encode('auth_audits', new Map([['0190f3c8-7b1e-7c3a-9d2e-112233445566', [7]]])),
      'is from another installation',
    ],
  ])('%s is rejected with advice', async (after, reason) => {
    const problem = (await ask({ after })).json()
    expect(problem).toMatchObject({ status: 400, error_code: 'INVALID_PARAMETER' })
    expect(problem.detail).toContain(reason)
    expect(problem.detail).toMatch(/`?beginning`?,? or /)
  })

  it('pagination parameters of a list are rejected', async () => {
    const problem = (await ask({ page_on: 'time', wait: '61s', limit: '0' })).json()
    expect(problem.detail).toMatch(/page_on: is not a parameter.*limit: must be.*wait: must be a time such as 30s/)
  })
})

describe('what is read', () => {
  const PARTITIONS = 6
  const ROWS = 240_000

  /**
   * A month of records, a hundredth of them a day late, in partitions whose offsets have nothing to do with each other.
   */
  async function fill(id: string): Promise<void> {
    await reader.client('ingest').command({
      query: `INSERT INTO auth_audits (event_id, time, org_id, ingested_at, topic_id, kafka_partition, kafka_offset)
        SELECT generateUUIDv7(number), now64(6) - INTERVAL 40 DAY + toIntervalSecond(number * 10) - toIntervalDay(number % 100 = 0),
          'org-' || toString(cityHash64(number) % 50), now64(3), {id:UUID}, number % ${PARTITIONS},
          intDiv(number, ${PARTITIONS}) + (number % ${PARTITIONS}) * ${ROWS}
        FROM numbers(${ROWS})`,
      query_params: { id },
      clickhouse_settings: { max_partitions_per_insert_block: '1000' },
    })
    const marks = Array.from({ length: PARTITIONS }, (_, partition) => ({
      stream: authAudits.name,
      topic: authAudits.name,
      topic_id: id,
      kafka_partition: partition,
      next_offset: ROWS / PARTITIONS + partition * ROWS,
    }))
    await reader.client('ingest').insert({ table: 'ingest_marks', values: marks, format: 'JSONEachRow' })
    await reader.client('migrate').command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  }

  it('is a small part of the table, at the end and in the middle', async () => {
    await fill(topic.id)
    const { app, rowsRead } = await measured()
    const read = async (offset: number, limit: number): Promise<number> => {
      const offsets = Array.from({ length: PARTITIONS }, (_, partition) => offset + partition * ROWS)
      const position = new Map(POSITION_TOKENS.decode(authAudits.name, now)).set(topic.id, offsets)
      const asked = { after: POSITION_TOKENS.encode(authAudits.name, position), limit: String(limit) }
      const response = await reader.ask(asked, ['*'], app, '/v1/auth_audits/changes')
      expect(response.json().auth_audits).toHaveLength(limit)
      return rowsRead.splice(0).reduce((sum, rows) => sum + rows, 0)
    }
    const LAST = ROWS / PARTITIONS
    const share = { tip: (await read(LAST - 10, 60)) / ROWS, middle: (await read(LAST / 2, 498)) / ROWS }
    expect(share.tip).toBeLessThan(0.25)
    expect(share.middle).toBeLessThan(0.4)
  })

  /** A service of the same records, and how many rows each of its queries makes the database read. */
  async function measured(): Promise<{ app: FastifyInstance; rowsRead: number[] }> {
    const client = reader.client('query')
    const rowsRead: number[] = []
    const measuring = {
      query: async (asked: Parameters<typeof client.query>[0]) => {
        const result = await client.query(asked)
        const { read_rows } = JSON.parse(String(result.response_headers['x-clickhouse-summary']))
        rowsRead.push(Number(read_rows))
        return result
      },
    }
    return { app: await reader.appOver(clickhouseDatabase(measuring as unknown as ClickHouseClient)), rowsRead }
  }
})
