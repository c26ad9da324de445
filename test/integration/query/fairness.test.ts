import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { Database } from '../../../services/query/clickhouse/database.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import type { Authenticate } from '../../../services/runtime/auth/bearer_tokens.js'
import { buildReader, type Reader } from '../../fixtures/query/reader.js'

const SLOW = { query: 'SELECT sleepEachRow(0.5) FROM numbers(4) SETTINGS max_block_size = 1', query_params: {} }

let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
})

afterAll(() => reader.close())

it('queries of one organization hold up no other, and at most as many run as it may', async () => {
  // As many connections as the service has.
  const database = clickhouseDatabase(reader.client('query', { max_open_connections: 32 }))
  let running = 0
  let most = 0
  const slowForOne: Database = {
    async rows(query, signal, maxBytes) {
      if (JSON.stringify(query.query_params.organizations) !== '["org-slow"]')
        return database.rows(query, signal, maxBytes)
      most = Math.max(most, ++running)
      try {
        return await database.rows(SLOW, signal)
      } finally {
        running--
      }
    },
  }
  const limits = { perPrincipal: 4, perTenant: 8, total: 22 }
  // A principal for each token, so that only the limit of the tenant bounds them.
  let principals = 0
  const distinct = (authenticate: Authenticate) => async (authorization: string | undefined) => ({
    ...(await authenticate(authorization)),
    subject: `principal-${++principals}`,
  })
  const app = await reader.appOver(slowForOne, distinct, { queryLimits: { counts: limits } })
  let ended = 0
  const slow = Array.from({ length: 60 }, async () => {
    const { statusCode } = await reader.ask({ stage: 'x' }, ['org-slow'], app, '/v1/auth_audits/counts')
    ended++
    return statusCode
  })
  await expect.poll(() => running).toBe(8)
  expect((await reader.ask({}, ['org-other'], app)).statusCode).toBe(200)
  expect(ended).toBe(0)
  const statuses = await Promise.all(slow)
  expect(most).toBe(8)
  // Each takes two seconds and waits for five at most.
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  await app.close()
})

it('more counts than the database can answer are refused at once, and lists are answered meanwhile', async () => {
  const database = clickhouseDatabase(reader.client('query', { max_open_connections: 32 }))
  let slow = true
  const slowCounts: Database = {
    rows: (query, signal, ...rest) =>
      database.rows(slow && query.query.includes('toString(count()') ? SLOW : query, signal, ...rest),
  }
  let principals = 0
  const distinct = (authenticate: Authenticate) => async (authorization: string | undefined) => ({
    ...(await authenticate(authorization)),
    subject: `principal-${++principals}`,
    organizations: [`org-${principals}`],
  })
  const queryLimits = { request: { perTenant: 8, total: 12 }, counts: { perTenant: 3, total: 4 } }
  const app = await reader.appOver(slowCounts, distinct, { queryLimits })
  const count = async () => (await reader.ask({}, ['any'], app, '/v1/auth_audits/counts')).statusCode
  // The first show how long counts take.
  expect(await Promise.all([count(), count()])).toEqual([200, 200])
  let ended = 0
  const burst = Array.from({ length: 100 }, () => count().finally(() => ended++))
  // Four run and one waits.
  await expect.poll(() => ended).toBeGreaterThanOrEqual(90)
  expect((await reader.ask({}, ['any'], app)).statusCode).toBe(200)
  const statuses = await Promise.all(burst)
  expect(new Set(statuses)).toEqual(new Set([200, 503]))
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(10)
  slow = false
  expect(await count()).toBe(200)
  await app.close()
})
