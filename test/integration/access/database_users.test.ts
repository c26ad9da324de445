import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { DatabaseUser } from '../../../deploy/local/clickhouse/start.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const servers = inject('servers')

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(servers)
})
afterAll(() => sandbox.close())

it.each([
  ['migrate', 'CREATE DATABASE others', /CREATE DATABASE ON others/],
  ['migrate', 'CREATE TABLE t (x Int8) ENGINE = Log', /TABLE ENGINE ON Log/],
  ['migrate', "SELECT * FROM file('/etc/passwd', 'LineAsString')", /READ ON FILE/],
  ['ingest', 'TRUNCATE TABLE auth_audits', /TRUNCATE ON/],
  ['ingest', 'SELECT 1 SETTINGS async_insert = 1', /async_insert should not be changed/],
  ['query', 'SELECT 1 SETTINGS readonly = 0', /readonly mode/],
  ['query', 'SELECT 1 SETTINGS max_execution_time = 31', /shouldn't be greater than 30/],
  ['query', 'SELECT 1 SETTINGS max_memory_usage = 0', /shouldn't be less than 1/],
  ['query', 'SELECT 1 SETTINGS max_rows_to_read = 0', /shouldn't be less than 1/],
  ['query', 'SELECT 1 SETTINGS max_memory_usage_for_user = 0', /should not be changed/],
  ['query', 'SELECT 1 SETTINGS max_concurrent_queries_for_user = 0', /should not be changed/],
  ['export', 'SELECT 1 SETTINGS readonly = 0', /readonly mode/],
  ['export', 'SELECT 1 SETTINGS max_execution_time = 3601', /shouldn't be greater than 3600/],
  ['export', 'SELECT 1 SETTINGS max_memory_usage = 0', /shouldn't be less than 1/],
  ['export', 'SELECT 1 SETTINGS max_concurrent_queries_for_user = 17', /should not be changed/],
  ['export', 'INSERT INTO auth_audits (user_id) VALUES (1)', /readonly mode|INSERT/],
  ['analyst', 'SELECT 1 SETTINGS readonly = 0', /readonly mode/],
  ['analyst', 'INSERT INTO auth_audits (user_id) VALUES (1)', /readonly mode|INSERT/],
  ['analyst', 'DROP VIEW sign_ins', /readonly mode|DROP/],
  ['analyst', "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", /READ ON URL|readonly/],
  ['analyst', 'SELECT 1 SETTINGS max_execution_time = 0', /shouldn't be less than/],
  ['analyst', 'SELECT 1 SETTINGS max_memory_usage = 4000000001', /shouldn't be greater than/],
  ['analyst', 'SELECT 1 SETTINGS max_memory_usage_for_user = 0', /should not be changed/],
  ['analyst', 'SELECT 1 SETTINGS max_concurrent_queries_for_user = 9', /should not be changed/],
  ['query', "SELECT 1 SETTINGS read_overflow_mode = 'break'", /should not be changed/],
] as const)('the user %s may not: %s', async (user, query, why) => {
  await expect(sandbox.client(user).command({ query })).rejects.toThrow(why)
})

it('a query can lower a limit, and the limit applies', async () => {
  const slow = 'SELECT count() FROM numbers(900000000) WHERE cityHash64(number) = 0 SETTINGS max_execution_time = 0.05'
  await expect(sandbox.client('query').command({ query: slow })).rejects.toThrow(/TIMEOUT_EXCEEDED|Timeout exceeded/)
  const wide = 'SELECT * FROM numbers(1000) SETTINGS max_rows_to_read = 10'
  await expect(sandbox.client('query').command({ query: wide })).rejects.toThrow(/TOO_MANY_ROWS|Limit for rows/)
})

it('decompressed data is cached for a page, and not for an export', async () => {
  const query =
    "SELECT getSetting('use_uncompressed_cache') AS used, getServerSetting('uncompressed_cache_size') AS bytes"
  async function cacheOf(user: DatabaseUser): Promise<unknown> {
    const answer = await sandbox.client(user).query({ query, format: 'JSONEachRow' })
    return (await answer.json())[0]
  }
  expect(await cacheOf('query')).toEqual({ used: true, bytes: 134_217_728 })
  expect(await cacheOf('export')).toMatchObject({ used: false })
})

it('the embedded server’s own user rejects other callers', async () => {
  const answer = await fetch(`${servers.clickhouse.url}/?user=default&query=SELECT+1`)
  expect(await answer.text()).toContain('has overflown session count 1')
})

it.each(['query', 'export', 'ingest'] as const)('no system table keeps the queries of the user %s', async (user) => {
  const answer = await sandbox
    .client(user)
    .query({ query: "SELECT getSetting('log_queries')", format: 'JSONCompactEachRow' })
  expect(await answer.json()).toEqual([[false]])
})
