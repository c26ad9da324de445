import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { buildReader, type Reader, shown } from '../../fixtures/query/reader.js'

const servers = inject('servers')
const never = new AbortController().signal

let reader: Reader

beforeAll(async () => {
  reader = await buildReader(servers)
})

afterAll(() => reader.close())

/** What the server logged after `work`. */
async function loggedDuring(work: () => Promise<unknown>): Promise<string> {
  const before = (await readFile(servers.clickhouse.logFile, 'utf8')).length
  await work()
  await sleep(500)
  return (await readFile(servers.clickhouse.logFile, 'utf8')).slice(before)
}

async function fails(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
): Promise<void> {
  const database = clickhouseDatabase(client)
  await expect(database.rows({ query, query_params }, never)).rejects.toThrow()
}

it('a failed query leaves no value of a filter in the log of the database', async () => {
  const secret = `secret-${randomUUID()}`
  await reader.insert([shown({ user_id: 'u' }), shown({ user_id: 'v' })])
  const log = await loggedDuring(async () => {
    const narrow = reader.client('query', { clickhouse_settings: { max_rows_to_read: '1' } })
    const app = await reader.appOver(clickhouseDatabase(narrow))
    const answer = await reader.ask({ user_id: ['u', 'v', secret] }, ['*'], app)
    expect(answer.statusCode).toBe(422)
    const client = reader.client('query')
    await fails(client, 'SELECT {id:UUID}', { id: secret })
    await fails(client, 'SELECT * FROM missing WHERE a = {a:String}', { a: secret })
    await fails(client, 'SELECT toUInt32({a:String})', { a: secret })
  })
  expect(log).not.toContain(secret)
})

it('neither does a record, one that is stored or one that cannot be', async () => {
  const secret = `secret-${randomUUID()}`
  await reader.insert([shown({ user_id: secret })])
  const log = await loggedDuring(async () => {
    await fails(reader.client('query'), 'SELECT toUInt32(user_id) FROM auth_audits')
    const insert = reader.client('ingest').insert({
      table: 'auth_audits',
      values: [{ event_id: secret }],
      format: 'JSONEachRow',
    })
    await expect(insert).rejects.toThrow()
  })
  expect(log).not.toContain(secret)
})
