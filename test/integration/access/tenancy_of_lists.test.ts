import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import type { Authenticate } from '../../../services/runtime/auth/bearer_tokens.js'
import { seeded } from '../../chaos/random.js'
import { type Asked, buildReader, type Reader, type Shown } from '../../fixtures/query/reader.js'
import { fits, mayRead, type Own, randomAsked, randomOwn, tenantRecords } from '../../fixtures/records/tenants.js'

/** `TENANCY_REQUESTS=10000 TENANCY_SEED=2` makes a longer run with other requests. Equal seeds send equal requests. */
const REQUESTS = Number(process.env.TENANCY_REQUESTS ?? 400)
const SEED = Number(process.env.TENANCY_SEED ?? 1)
const AT_ONCE = 8
const RECORDS = 1_500

const random = seeded(SEED)
const records = tenantRecords(random, RECORDS)
let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.insert(records)
})

afterAll(() => reader.close())

/** The result of a run of requests. */
interface Outcome {
  /** Records that the caller may not read. */
  readonly leaked: number
  /** Requests whose answers differ from those of a model of the service. */
  readonly wrong: readonly object[]
  readonly answered: number
  readonly refused: number
  readonly read: number
}

/** Principals of all kinds send any requests, and use cursors that others got. */
async function ask(requests: number, app: FastifyInstance): Promise<Outcome> {
  const outcome = { leaked: 0, wrong: [] as object[], answered: 0, refused: 0, read: 0 }
  const places: Asked[] = []
  for (let begun = 0; begun < requests; begun += AT_ONCE) {
    const questions = Array.from({ length: Math.min(AT_ONCE, requests - begun) }, () => ({
      own: randomOwn(random),
      asked: randomAsked(random, records, places),
    }))
    const answers = await Promise.all(questions.map(({ own, asked }) => reader.ask(asked, own, app)))
    for (const [index, { own, asked }] of questions.entries()) {
      const answer = answers[index]
      // A cursor may contradict the order in the request. No other request may be rejected.
      if (answer?.statusCode === 400 && answer.json().detail.startsWith('cursor: ')) {
        outcome.refused++
        continue
      }
      if (answer?.statusCode !== 200)
        throw new Error(`${answer?.statusCode}: ${answer?.body} to ${JSON.stringify(asked)}`)
      const { auth_audits, next_cursor, page_info } = answer.json()
      outcome.answered++
      outcome.read += auth_audits.length
      outcome.leaked += auth_audits.filter((record: Shown) => !mayRead(own, record)).length
      if (!isRight(auth_audits, own, asked)) outcome.wrong.push({ own, asked })
      if (next_cursor !== undefined) places.push({ cursor: next_cursor }, { page_at_key: page_info.page_at_key })
      places.splice(0, places.length - 50)
    }
  }
  return outcome
}

/** Whether an answer is right: all matching records, or `limit` of them, or, after a cursor, a part of them. */
function isRight(answer: readonly Shown[], own: Own, asked: Asked): boolean {
  const expected = new Map(
    records.filter((record) => mayRead(own, record) && fits(record, asked)).map((record) => [record.event_id, record]),
  )
  const limit = Number(asked.limit)
  const isPage = asked.cursor !== undefined || asked.page_at_key !== undefined
  const complete = isPage ? answer.length <= limit : answer.length === Math.min(limit, expected.size)
  const distinct = new Set(answer.map(({ event_id }) => event_id)).size === answer.length
  return complete && distinct && answer.every(({ event_id }) => expected.has(event_id))
}

describe(`${REQUESTS} requests of seed ${SEED}`, () => {
  it('return no record of another organization, and all records of the own ones', async () => {
    const { leaked, wrong, answered, refused, read } = await ask(REQUESTS, reader.app)
    expect({ leaked, wrong }).toEqual({ leaked: 0, wrong: [] })
    expect(answered + refused).toBe(REQUESTS)
    expect(refused).toBeLessThan(REQUESTS / 4)
    expect(read).toBeGreaterThan(REQUESTS * 5)
  }, 1_800_000)

  it('would find such a record if the service returned one', async () => {
    const everything = (authenticate: Authenticate) => async (authorization: string | undefined) => ({
      ...(await authenticate(authorization)),
      organizations: 'all' as const,
    })
    const open = await reader.appOver(clickhouseDatabase(reader.client('query')), everything)
    const { leaked, wrong } = await ask(40, open)
    expect(leaked).toBeGreaterThan(100)
    expect(wrong.length).toBeGreaterThan(10)
  })
})
