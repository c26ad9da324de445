import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { clickhouseExportDatabase } from '../../../services/query/export/database.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { buildReader, day, type Reader } from '../../fixtures/query/reader.js'

/** ClickHouse refuses a query with these while any other query runs. */
const FULL = { clickhouse_settings: { max_concurrent_queries_for_all_users: '1' } }
const SLOW = 'SELECT sleepEachRow(1) FROM numbers(20) SETTINGS max_block_size = 1'

let reader: Reader
let app: Awaited<ReturnType<Reader['appOver']>>
let exporter: Exporter
const leaving = new AbortController()
let slow: Promise<unknown>

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  app = await reader.appOver(clickhouseDatabase(reader.client('query', FULL)))
  exporter = await buildExporter(reader, { database: clickhouseExportDatabase(reader.client('export', FULL)) })
  slow = clickhouseDatabase(reader.client('query')).rows({ query: SLOW, query_params: {} }, leaving.signal)
  slow.catch(() => undefined)
  const probe = reader.client('query', FULL)
  while (await isAnswered(probe)) await sleep(20)
})

async function isAnswered(client: ClickHouseClient): Promise<boolean> {
  try {
    await (await client.query({ query: 'SELECT 1' })).text()
    return true
  } catch (error) {
    expect(error).toMatchObject({ type: 'TOO_MANY_SIMULTANEOUS_QUERIES' })
    return false
  }
}

afterAll(async () => {
  leaving.abort()
  await slow.catch(() => undefined)
  await app.close()
  await exporter.app.close()
  await reader.close()
})

it.each([
  '/v1/auth_audits',
  `/v1/auth_audits/counts?dt_from=${day(2)}&dt_to=${day(0)}`,
  '/v1/auth_audits/changes?after=beginning',
  '/v1/sign_ins/trace',
  '/v1/auth_audits/export',
])('%s says that the database is busy, and not that it is away', async (path) => {
  const headers = { authorization: await reader.authorization(['*'], '10m', 'audits:read audits:export') }
  const answer = path.endsWith('export')
    ? await exporter.app.inject({ url: path, headers })
    : await app.inject({ url: path, headers })
  expect(answer.json()).toMatchObject({
    status: 503,
    error_code: 'SERVICE_BUSY',
    detail: 'The database runs as many queries as it can. Retry in a few seconds.',
  })
  expect(answer.headers['retry-after']).toBe('5')
})
