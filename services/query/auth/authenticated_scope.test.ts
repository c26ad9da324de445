import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { streams } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { limitRateOf, UNLIMITED } from '../../runtime/auth/rate_limit.js'
import { Problem } from '../../runtime/problem.js'
import { silentTelemetry } from '../../runtime/telemetry.js'
import { createQueryApp } from '../app.js'
import type { Database } from '../clickhouse/database.js'
import { queryQueues } from '../limits/query_limits.js'
import { authenticateRoutes } from './authenticated_scope.js'

const ADA: Principal = { subject: 'ada', scopes: ['audits:read'], organizations: 'all' }

async function authenticate(authorization: string | undefined): Promise<Principal> {
  if (authorization === undefined) throw new Problem(401, 'TOKEN_MISSING', 'No token.')
  return ADA
}

const checks = {
  authenticate,
  limitRate: UNLIMITED,
  database: { rows: async () => [['row']] },
  queues: queryQueues({}),
}

/** The routes that need no token: they hold no record. */
const OPEN = [
  '/docs',
  '/docs/page.js',
  '/docs/swagger-ui-bundle.js',
  '/docs/swagger-ui.css',
  '/healthz',
  '/metrics',
  '/openapi.json',
  '/readyz',
]

describe('every registered route', async () => {
  const app = createQueryApp({
    telemetry: silentTelemetry(),
    streams,
    authenticate,
    database: { rows: async () => [] },
  })
  await app.ready()
  const served = [...app.methodsByUrl].map(([url, methods]) => [url, [...methods]] as const)
  const closed = served.filter(([url]) => !OPEN.includes(url))

  it('is in the walk', () => {
    expect(
      served
        .map(([url]) => url)
        .filter((url) => OPEN.includes(url))
        .toSorted(),
    ).toEqual(OPEN)
    expect(closed.map(([url]) => url)).toEqual(expect.arrayContaining(['/v1/auth_audits', '/v1/sign_ins/:trace_id']))
    expect(closed.length).toBe(31)
  })

  it.each(closed)('%s answers 401 without a token, even if the request has other faults', async (url, methods) => {
    for (const method of methods as 'GET'[]) {
      const { statusCode } = await app.inject({ method, url: `${url.replace(':', '')}?no_such=1` })
      expect(statusCode, `${method} ${url}`).toBe(401)
    }
  })

  it.each(served)(
    '%s answers 405 to all other methods, without a token and before a body is read',
    async (url, methods) => {
      const others = app.supportedMethods.filter((method) => !methods.includes(method))
      for (const method of others as 'POST'[]) {
        const { statusCode, headers } = await app.inject({
          method,
          url: url.replace(':', ''),
          headers: { 'content-type': 'application/x-unknown', 'content-length': String(1 << 30) },
        })
        expect(statusCode, `${method} ${url}`).toBe(405)
        expect(headers.allow).toBe(methods.join(', '))
      }
    },
  )
})

describe('a route of the scope', () => {
  it('that declares no scope stops the start', async () => {
    const app = Fastify()
    app.register(async (scope) => {
      authenticateRoutes(scope, checks)
      scope.get('/v1/open', () => 'records')
    })
    await expect(app.ready()).rejects.toThrow('The route GET /v1/open declares no scope')
  })

  it('knows its caller, and refuses a token without the scope', async () => {
    const app = Fastify()
    app.register(async (scope) => {
      authenticateRoutes(scope, checks)
      scope.get('/v1/read', { config: { scope: 'audits:read' } }, ({ principal }) => principal.subject)
      scope.get('/v1/export', { config: { scope: 'audits:export' } }, () => 'records')
    })
    const headers = { authorization: 'Bearer x' }
    expect((await app.inject({ url: '/v1/read', headers })).body).toBe('ada')
    expect((await app.inject({ url: '/v1/export', headers })).body).toContain('audits:export')
  })

  it('has a database that counts the queries of its caller', async () => {
    const app = Fastify()
    let most = 0
    let running = 0
    const database: Database = {
      async rows() {
        most = Math.max(most, ++running)
        await delay(20)
        running--
        return []
      },
    }
    app.register(async (scope) => {
      authenticateRoutes(scope, { ...checks, database, queues: queryQueues({ request: { perPrincipal: 2 } }) })
      scope.get('/v1/read', { config: { scope: 'audits:read' } }, ({ database, signal }) =>
        database.rows({ query: '', query_params: {} }, signal),
      )
    })
    const url = { url: '/v1/read', headers: { authorization: 'Bearer x' } }
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.inject(url)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200))
    expect(most).toBe(2)
  })

  it('counts the requests of a caller toward its rate, but none without a token', async () => {
    const app = createQueryApp({
      telemetry: silentTelemetry(),
      streams,
      authenticate,
      limitRate: limitRateOf({ perSecond: 0.001, burst: 2 }),
      database: { rows: async () => [] },
    })
    const ask = async (headers: Record<string, string>, url = '/v1/audits') =>
      (await app.inject({ url, headers })).statusCode
    const headers = { authorization: 'Bearer x' }
    for (let round = 0; round < 5; round++) expect(await ask({})).toBe(401)
    expect(await ask(headers)).toBe(200)
    // A request that is refused later counts too: here, the scope is missing.
    expect(await ask(headers, '/v1/audits/export')).toBe(403)
    expect(await ask(headers)).toBe(429)
  })
})
