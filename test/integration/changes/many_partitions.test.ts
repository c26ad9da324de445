import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { openEventStream } from '../../fixtures/query/event_stream.js'
import { buildReader, POSITION_TOKENS, type Reader, type Shown } from '../../fixtures/query/reader.js'

const PARTITIONS = 1_000
const RECORDS_EACH = 3
const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'

let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.client('ingest').command({
    query: `INSERT INTO auth_audits (event_id, time, user_id, ingested_at, topic_id, kafka_partition, kafka_offset)
      SELECT generateUUIDv4(number), now64(6) - number, toString(number), now64(3), {id:UUID}, number % ${PARTITIONS},
        intDiv(number, ${PARTITIONS})
      FROM numbers(${PARTITIONS * RECORDS_EACH})`,
    query_params: { id: TOPIC },
  })
  await mark(RECORDS_EACH)
})

afterAll(() => reader.close())

async function mark(offset: number): Promise<void> {
  const values = Array.from({ length: PARTITIONS }, (_, partition) => ({
    ...{ stream: authAudits.name, topic: authAudits.name, topic_id: TOPIC },
    ...{ kafka_partition: partition, next_offset: offset },
  }))
  await reader.client('ingest').insert({ table: 'ingest_marks', format: 'JSONEachRow', values })
}

function ask(after: string, limit: number) {
  return reader.ask({ after, limit: String(limit) }, ['*'], reader.app, '/v1/auth_audits/changes')
}

describe('a topic of a thousand partitions', () => {
  it.each([400, 10_000])('is read by polls, each record once (pages of %i)', async (limit) => {
    const users: string[] = []
    for (let after = 'beginning'; ; ) {
      const response = await ask(after, limit)
      expect(response.statusCode, response.body.slice(0, 500)).toBe(200)
      const { auth_audits, next, more } = response.json() as { auth_audits: Shown[]; next: string; more: boolean }
      users.push(...auth_audits.map(({ user_id = '' }) => user_id))
      if (!more) break
      after = next
    }
    const all = Array.from({ length: PARTITIONS * RECORDS_EACH }, (_, index) => String(index))
    expect(users.toSorted()).toEqual(all.toSorted())
  })

  it('is read by a tail, which continues after an id', async () => {
    const url = await reader.app.listen({ host: '127.0.0.1', port: 0 })
    const headers = { authorization: await reader.authorization() }
    const address = `${url}/v1/auth_audits/tail`
    const first = await openEventStream(`${address}?after=beginning`, { headers })
    const isRecord = ({ event, data }: { event?: string; data?: string }) => event === undefined && data !== undefined
    const events = await first.first(500, isRecord)
    first.leave()
    const rest = await openEventStream(address, { headers: { ...headers, 'last-event-id': String(events.at(-1)?.id) } })
    const following = await rest.first(PARTITIONS * RECORDS_EACH - 500, isRecord)
    rest.leave()
    const users = [...events, ...following].map(({ data = '{}' }) => JSON.parse(data).user_id)
    expect(new Set(users).size).toBe(PARTITIONS * RECORDS_EACH)
  })

  it('has no more partitions: a token that names others is rejected at once', async () => {
    const offsets = Array<number>(11_000).fill(0)
    const response = await ask(POSITION_TOKENS.encode(authAudits.name, new Map([[TOPIC, offsets.slice(0, 1_001)]])), 1)
    expect(response.json()).toMatchObject({ status: 400, error_code: 'INVALID_PARAMETER' })
    // Without the key, nobody can make a token that costs more than its decryption.
    const forged = Buffer.concat([Buffer.of(2), Buffer.alloc(30_000, 1)])
      .toString('base64url')
      .slice(0, 12_000)
    const began = performance.now()
    for (let round = 0; round < 100; round++) expect((await ask(forged, 1)).statusCode).toBe(400)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
