import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Column, tables } from '../../../schemas/derive/columns.js'
import { streams } from '../../../schemas/streams/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
})
afterAll(() => sandbox.close())

/** Tables that are no stream's: the service's own books. */
const BOOKS = ['ingest_marks', 'schema_migrations']

it('the migrated tables have the columns that the streams declare, no fewer and no more', async () => {
  const result = await sandbox.clickhouse.query({
    query: `SELECT table, name, type FROM system.columns WHERE database = {database:String} ORDER BY table, position`,
    query_params: { database: sandbox.database },
    format: 'JSONEachRow',
  })
  const found: Record<string, Column[]> = {}
  for (const { table, name, type } of await result.json<Column & { table: string }>()) {
    if (BOOKS.includes(table)) continue
    found[table] ??= []
    found[table].push({ name, type })
  }
  const byName = (columns: readonly Column[]) => [...columns].sort((a, b) => a.name.localeCompare(b.name))
  const sorted = (entries: Iterable<[string, readonly Column[]]>) =>
    Object.fromEntries([...entries].map(([table, columns]) => [table, byName(columns)]))
  expect(sorted(Object.entries(found))).toEqual(sorted(tables()))
})

it.each(streams.map(({ name }) => name))(
  '%s tells where its records stood, for who reads in order of arrival',
  async (table) => {
    expect(await sandbox.scalar(`SHOW CREATE TABLE ${table}`)).toContain(
      'INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 1',
    )
  },
)

it.each([
  ['ingest', 'CREATE TABLE t (x Int8) ENGINE = ReplacingMergeTree ORDER BY x'],
  ['ingest', 'ALTER TABLE auth_audits DELETE WHERE 1'],
  ['ingest', 'DROP TABLE auth_audits'],
  ['query', 'INSERT INTO auth_audits (event_id) VALUES (generateUUIDv4())'],
  ['query', 'SELECT * FROM auth_audits SETTINGS max_execution_time = 0'],
  ['query', "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
] as const)('the user %s may not: %s', async (user, query) => {
  await expect(sandbox.client(user).command({ query })).rejects.toThrow(
    /ACCESS_DENIED|READONLY|SETTING_CONSTRAINT|privileges|readonly|should not|shouldn't/i,
  )
})
