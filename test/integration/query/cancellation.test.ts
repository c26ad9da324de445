import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseSettings, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { MAX_TEXT_LENGTH, MAX_TEXTS } from '../../../schemas/derive/parameters.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { clickhouseExportDatabase } from '../../../services/query/export/database.js'
import { buildReader, type Reader } from '../../fixtures/query/reader.js'

/** Records whose user agents nearly match the texts below at every place, which makes a naive search slow. */
const RECORDS = 262_144
const TRACE = 'hostile'
const TEXTS = Array.from({ length: MAX_TEXTS }, (_, index) => `${'a'.repeat(MAX_TEXT_LENGTH - 2)}b${index}`)
const SEARCH = new URLSearchParams(TEXTS.map((text): [string, string] => ['user_agent', text]))

/** The worst valid query of each kind. */
const kinds = [
  ['list', `/v1/auth_audits?${SEARCH}&outcome=unknown&limit=10000`],
  ['counts', `/v1/auth_audits/counts?${SEARCH}&by=user_agent,outcome,session_id&dt_from=-2d`],
  ['changes', `/v1/auth_audits/changes?${SEARCH}&limit=10000`],
  ['tail', `/v1/auth_audits/tail?${SEARCH}&after=beginning`],
  ['export', `/v1/auth_audits/export?${SEARCH}&format=ocsf`],
  ['sign-in', `/v1/sign_ins/${TRACE}`],
] as const

const { name, password } = inject('observer')
const observer = createClient({ url: inject('servers').clickhouse.url, username: name, password })
let reader: Reader
let headers: { readonly authorization: string }

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  headers = { authorization: await reader.authorization(['*'], '10m', 'audits:read audits:export') }
  const topicId = randomUUID()
  await reader.client('ingest').command({
    query: `INSERT INTO auth_audits (event_id, time, trace_id, session, user_agent, topic_id, kafka_partition, kafka_offset)
      SELECT generateUUIDv7(number), now64(6) - toIntervalMicrosecond(number), '${TRACE}', toString(number),
        concat(repeat('a', 1000), toString(number)), '${topicId}', 0, number
      FROM numbers(${RECORDS})`,
  })
  await reader.client('ingest').insert({
    table: 'ingest_marks',
    format: 'JSONEachRow',
    values: [{ stream: 'auth_audits', topic: 't', topic_id: topicId, kafka_partition: 0, next_offset: RECORDS }],
  })
}, 120_000)

afterAll(async () => {
  await observer.close()
  await reader.close()
})

/** The address of a query service whose queries have these settings. */
async function listening(settings: ClickHouseSettings) {
  const options = { clickhouse_settings: settings }
  const exports = {
    database: clickhouseExportDatabase(reader.client('export', options)),
    trail: { begun: async () => undefined, named: async () => true, ended: async () => true },
    limits: {},
  }
  const app = await reader.appOver(clickhouseDatabase(reader.client('query', options)), undefined, { exports })
  return { app, address: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

/** How many queries of records ClickHouse runs for the test's service. Queries of the marks are short. */
async function running(): Promise<number> {
  const answer = await observer.query({
    query: `SELECT count() AS n FROM system.processes WHERE current_database = {database:String} AND query ILIKE '%auth_audits%'`,
    query_params: { database: reader.database },
    format: 'JSONEachRow',
  })
  return Number((await answer.json<{ n: string }>())[0]?.n)
}

it.each(kinds)(
  'the worst %s is answered within the limits',
  async (kind, path) => {
    // Less than the profile's 30 seconds: a query that can't be interrupted would exceed it many times over.
    const { app, address } = await listening({ max_execution_time: 10 })
    const leaving = new AbortController()
    const response = await fetch(`${address}${path}`, { headers, signal: leaving.signal })
    expect(response.status).toBe(200)
    if (kind === 'tail') {
      // Each page of a tail is a query; when the last one has ended, the tail waits.
      while ((await running()) > 0) await sleep(50)
    } else {
      expect(await response.text()).not.toContain('"error_code"')
    }
    leaving.abort()
    await app.close()
  },
  60_000,
)

it.each(kinds)(
  'the worst %s ends in the database soon after its caller leaves',
  async (_kind, path) => {
    // Blocks of a few rows, one after the other, make the same query take minutes.
    const { app, address } = await listening(SLOW)
    const leaving = new AbortController()
    const answer = fetch(`${address}${path}`, { headers, signal: leaving.signal }).then((response) => response.text())
    const left = expect(answer).rejects.toThrow(/abort/)
    while ((await running()) === 0) await sleep(5)
    // It is none that would end by itself just now.
    await sleep(200)
    expect(await running()).toBeGreaterThan(0)
    leaving.abort()
    await left
    // The test's own limit is far below the minutes that the query would take.
    while ((await running()) > 0) await sleep(20)
    await app.close()
  },
  60_000,
)

const SLOW: ClickHouseSettings = {
  max_block_size: '1',
  max_threads: 1,
  preferred_block_size_bytes: '1',
  // A sign-in reads so little that small blocks alone don't make it slow.
  max_execution_speed: '1000',
  timeout_before_checking_execution_speed: 0,
}
