import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Column, tables } from '../../../schemas/derive/columns.js'
import {
  filterIndexes,
  ORGANIZATION_INDEXES,
  tenantIndexExpression,
  tenantIndexes,
  valueIndexExpression,
  valueIndexes,
} from '../../../schemas/derive/filter_indexes.js'
import { views } from '../../../schemas/derive/views/index.js'
import { streams } from '../../../schemas/streams/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
})
afterAll(() => sandbox.close())

/** The tables that belong to no stream. */
const INTERNAL = ['ingest_marks', 'legal_holds', 'retention_drops', 'retention_periods', 'schema_migrations']

it('the migrated tables and views have the declared columns, no fewer and no more, with their comments', async () => {
  const result = await sandbox.clickhouse.query({
    query: `SELECT table, name, type, comment FROM system.columns WHERE database = {database:String} ORDER BY table, position`,
    query_params: { database: sandbox.database },
    format: 'JSONEachRow',
  })
  const found: Record<string, Column[]> = {}
  for (const { table, ...column } of await result.json<Column & { table: string }>()) {
    if (INTERNAL.includes(table)) continue
    found[table] ??= []
    found[table].push(column)
  }
  const byName = (columns: readonly Column[]) => [...columns].sort((a, b) => a.name.localeCompare(b.name))
  const sorted = (entries: Iterable<readonly [string, readonly Column[]]>) =>
    Object.fromEntries([...entries].map(([table, columns]) => [table, byName(columns)]))
  const declared = [...tables(), ...views(streams).map(({ name, columns }) => [name, columns] as const)]
  expect(sorted(Object.entries(found))).toEqual(sorted(declared))
})

it('every table has a comment, and so has every column of the tables that belong to no stream', async () => {
  const query = `SELECT groupArray(name) FROM (
    SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = ''
    UNION ALL SELECT table || '.' || name FROM system.columns WHERE database = currentDatabase() AND comment = '')`
  expect(await sandbox.scalar(query)).toBe('')
})

it.each(streams.map(({ name }) => name))('%s has the index that reading in order of arrival needs', async (table) => {
  expect(await sandbox.scalar(`SHOW CREATE TABLE ${table}`)).toContain(
    'INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 1',
  )
})

it.each(streams)('$name has an index of values and one of pairs with organizations for each filter', async (stream) => {
  const statement = await sandbox.scalar(`SHOW CREATE TABLE ${stream.name}`)
  const indexes = statement.matchAll(/INDEX (\w+) (.*?) TYPE (?:bloom_filter|minmax|set)/gs)
  const found = new Map([...indexes].map(([, name = '', expression]) => [name, expression]))
  for (const index of filterIndexes(stream)) {
    for (const width of ['wide', 'by']) {
      expect(found.get(`${width}_${index.name}`)).toBe(valueIndexExpression(index))
      expect(found.get(`${width}_tenant_${index.name}`)).toBe(tenantIndexExpression(stream, index))
    }
  }
  const known = [
    ...valueIndexes(stream),
    ...tenantIndexes(stream),
    ...ORGANIZATION_INDEXES,
    'made',
    'by_offset',
    'by_place',
  ]
  expect([...found.keys()].filter((name) => !known.includes(name))).toEqual([])
})

it.each([
  ['ingest', 'CREATE TABLE t (x Int8) ENGINE = ReplacingMergeTree ORDER BY x'],
  ['ingest', 'ALTER TABLE auth_audits DELETE WHERE 1'],
  ['ingest', 'DROP TABLE auth_audits'],
  ['retention', 'DROP TABLE auth_audits'],
  ['retention', 'TRUNCATE TABLE auth_audits'],
  ['retention', 'ALTER TABLE auth_audits UPDATE user_id = 1 WHERE 1'],
  ['query', 'INSERT INTO auth_audits (event_id) VALUES (generateUUIDv4())'],
  ['query', 'SELECT * FROM auth_audits SETTINGS max_execution_time = 0'],
  ['query', "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
] as const)('the user %s may not: %s', async (user, query) => {
  await expect(sandbox.client(user).command({ query })).rejects.toThrow(
    /ACCESS_DENIED|READONLY|SETTING_CONSTRAINT|privileges|readonly|should not|shouldn't/i,
  )
})
