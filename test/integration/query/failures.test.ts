import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createDatabase } from '../../../services/migrate/migrations.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { DatabaseError } from '../../../services/query/clickhouse/errors.js'
import { buildReader, ISSUER, type Reader, shown } from '../../fixtures/query/reader.js'
import { startService } from '../../fixtures/stack/service.js'

const servers = inject('servers')
let reader: Reader

beforeAll(async () => {
  reader = await buildReader(servers)
})

afterAll(() => reader.close())

describe('when the database fails', () => {
  async function over(options: Parameters<Reader['client']>[1]): Promise<FastifyInstance> {
    return reader.appOver(clickhouseDatabase(reader.client('query', options)))
  }

  it('a query over its limits gets 422 with advice', async () => {
    await reader.insert([shown({}), shown({})])
    const narrow = await over({ clickhouse_settings: { max_rows_to_read: '1' } })
    const response = await reader.ask({}, ['*'], narrow)
    expect(response.json()).toMatchObject({ status: 422, error_code: 'QUERY_TOO_LARGE' })
  })

  it.each([
    [
      'takes longer than it may',
      'SELECT sleepEachRow(0.1) FROM numbers(30)',
      { max_execution_time: 0.5, max_block_size: '1' },
    ],
    [
      'holds more than it may',
      'SELECT length(groupArray(number)) FROM numbers(30000000)',
      { max_memory_usage: '20000000' },
    ],
  ])('a query that %s gets 422 with the parameters to change', async (_name, query, clickhouse_settings) => {
    const limited = clickhouseDatabase(reader.client('query', { clickhouse_settings }))
    const app = await reader.appOver({ rows: (_query, signal) => limited.rows({ query, query_params: {} }, signal) })
    const response = await reader.ask({}, ['*'], app)
    expect(response.json()).toMatchObject({ status: 422, error_code: 'QUERY_TOO_LARGE' })
    for (const parameter of ['dt_from', 'dt_to', 'filter', 'limit']) expect(response.json().detail).toContain(parameter)
  })

  it('an answer over the size limit gets 422 with advice', async () => {
    const longest = Array.from({ length: 5 }, () => "repeat('x', 8192)").join(', ')
    await reader.client('ingest').command({
      query: `INSERT INTO auth_audits (event_id, time, trace_id, client_id, user_id, session, token_id, source_ip, upstream_user_id)
        SELECT generateUUIDv4(n), now64(6), 'long', toString(n), ${longest} FROM (SELECT arrayJoin(range(2000)) AS n)`,
    })
    const { status, error_code, detail } = (await reader.ask({ trace_id: 'long', limit: '2000' })).json()
    expect({ status, error_code }).toEqual({ status: 422, error_code: 'QUERY_TOO_LARGE' })
    expect(detail).toContain('a smaller limit')
    expect((await reader.list({ trace_id: 'long', limit: '1000' })).length).toBe(1000)
  })

  it('a server that is down gives 503, which can be retried', async () => {
    const away = await over({ url: 'http://127.0.0.1:1' })
    const response = await reader.ask({}, ['*'], away)
    expect(response.json()).toMatchObject({ status: 503, error_code: 'STORE_UNAVAILABLE' })
    expect(response.headers['retry-after']).toBe('5')
    const readiness = await away.inject('/readyz')
    expect(readiness.statusCode).toBe(503)
    expect(readiness.json()).toEqual({ status: 'not ready', waiting_for: 'ClickHouse (ECONNREFUSED)' })
    expect((await away.inject('/healthz')).statusCode).toBe(200)
  })

  it('a wrong password does not appear in the answer', async () => {
    const response = await reader.ask({}, ['*'], await over({ password: 'wrong' }))
    expect(response.json()).toMatchObject({ status: 503, error_code: 'STORE_UNAVAILABLE' })
    expect(response.body).not.toMatch(/password|authenticat/i)
  })

  it('a database without tables waits for migrate', async () => {
    const database = `${reader.database}_empty`
    await createDatabase(reader.client('migrate', { database: 'default' }), database)
    const empty = await over({ database })
    const readiness = await empty.inject('/readyz')
    expect(readiness.statusCode).toBe(503)
    expect(readiness.json().waiting_for).toBe('the table auth_audits: run migrate')
    expect((await reader.ask({}, ['*'], empty)).statusCode).toBe(503)
    expect((await reader.app.inject('/readyz')).json()).toEqual({ status: 'ready' })
  })
})

it('ends the query in the database when its caller leaves', async () => {
  // A session runs one query at a time: while the slow one runs, ClickHouse rejects another of the same session.
  const session = reader.client('query', { session_id: randomUUID() })
  const slow = { query: 'SELECT sleepEachRow(1) FROM numbers(50) SETTINGS max_block_size = 1', query_params: {} }
  const database = clickhouseDatabase(session)
  const lagging = await reader.appOver({
    async rows(_query, signal) {
      for (;;) {
        try {
          return await database.rows(slow, signal)
        } catch (error) {
          // The other query was slightly faster.
          if (!(error instanceof DatabaseError && error.reason === 'SESSION_IS_LOCKED')) throw error
        }
      }
    },
  })
  const address = await lagging.listen({ host: '127.0.0.1', port: 0 })
  const runs = async (): Promise<boolean> => {
    try {
      await session.query({ query: 'SELECT 1', format: 'JSONCompactEachRow' }).then((result) => result.text())
      return false
    } catch (error) {
      expect(error).toMatchObject({ type: 'SESSION_IS_LOCKED' })
      return true
    }
  }

  const leaving = new AbortController()
  const headers = { authorization: await reader.authorization() }
  const answer = fetch(`${address}/v1/auth_audits`, { headers, signal: leaving.signal })
  const left = expect(answer).rejects.toThrow(/abort/)
  while (!(await runs())) await sleep(20)
  leaving.abort()
  await left
  const began = Date.now()
  while (await runs()) await sleep(50)
  expect(Date.now() - began).toBeLessThan(20_000)
  await lagging.close()
})

it('a request that cannot be read gets a problem too', async () => {
  const address = new URL(await (await reader.appOver(clickhouseDatabase(reader.client('query')))).listen({ port: 0 }))
  const exchange = async (request: string): Promise<string> => {
    const socket = connect(Number(address.port), '127.0.0.1')
    socket.end(request)
    return text(socket)
  }
  const long = await exchange(`GET /v1/auth_audits?user_id=${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`)
  expect(long).toMatch(/^HTTP\/1\.1 431 Header too large\r\ncontent-type: application\/problem\+json/)
  expect(JSON.parse(long.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 431, error_code: 'HEADER_TOO_LARGE' })
  const broken = await exchange('GET\r\n\r\n')
  expect(JSON.parse(broken.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 400, error_code: 'BAD_REQUEST' })
})

describe('the program', () => {
  const { url, users } = servers.clickhouse
  const environment = (): Record<string, string> => ({
    HOST: '127.0.0.1',
    PORT: '0',
    CLICKHOUSE_URL: url,
    CLICKHOUSE_DATABASE: reader.database,
    CLICKHOUSE_USER: users.query.name,
    CLICKHOUSE_PASSWORD: users.query.password,
    AUTH_ISSUER: ISSUER,
    AUTH_PUBLIC_KEY: reader.publicKey,
  })

  it('serves, and stops on SIGTERM', async () => {
    const service = startService('query', environment())
    const { url: address } = await service.logged(({ msg }) => msg === 'listening')
    const secret = `secret-${randomUUID()}`
    await reader.insert([shown({ user_id: secret, trace_id: 'program' })])
    const answer = await fetch(`${address}/v1/auth_audits?trace_id=program&user_id=${secret}`, {
      headers: { authorization: await reader.authorization() },
    })
    expect(await answer.json()).toMatchObject({ limit: 500, auth_audits: [{ user_id: secret }] })
    expect(await service.stop()).toBe(0)
    expect(service.log.map(({ msg }) => msg)).toEqual(['listening', 'listed', 'stopping', 'stopped'])
    expect(service.log[1]).toMatchObject({ stream: 'auth_audits', subject: 'tester', organizations: 'all', rows: 1 })
    expect(JSON.stringify(service.log)).not.toContain(secret)
  })

  it('limits the rate, and lets pages of allowed origins read', async () => {
    const origin = 'https://console.example'
    const limits = { QUERY_RATE_PER_SECOND: '1', QUERY_RATE_BURST: '3', QUERY_CORS_ORIGINS: origin }
    const service = startService('query', { ...environment(), ...limits })
    const { url: address } = await service.logged(({ msg }) => msg === 'listening')
    const headers = { authorization: await reader.authorization(), origin }
    const asked = `${address}/v1/auth_audits?limit=1`
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(asked, { headers })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(3).fill(200), ...Array(7).fill(429)])
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers.get('retry-after')).toBe('1')
    expect(refused?.headers.get('access-control-allow-origin')).toBe(origin)
    expect(await refused?.json()).toMatchObject({ status: 429, error_code: 'RATE_LIMITED' })
    expect(await (await fetch(`${address}/metrics`)).text()).toMatch(/refusals_total\{code="RATE_LIMITED",.*\} 7/)
    expect(await service.stop()).toBe(0)
  })

  it('does not start without required settings', async () => {
    const service = startService('query', { ...environment(), AUTH_PUBLIC_KEY: '' })
    await expect(service.logged(({ msg }) => msg === 'listening')).rejects.toThrow('query ended with 1')
    expect(service.log).toEqual([])
  })
})
