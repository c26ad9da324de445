import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { authAudits } from '../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../schemas/streams/rfc3339.js'
import type { Principal } from '../runtime/auth/bearer_tokens.js'
import { Problem } from '../runtime/problem.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createQueryApp } from './app.js'
import { recordColumns } from './clickhouse/columns.js'
import type { Database, Query } from './clickhouse/database.js'
import { DatabaseError } from './clickhouse/errors.js'
import type { Row } from './clickhouse/rows.js'
import { timeExtentQuery } from './list/query.js'
import { encodeCursor } from './parameters/cursor.js'

const READER: Principal = { subject: 'ada', scopes: ['audits:read'], organizations: ['org-1'] }
const ID = '019b76da-a800-7000-8000-0123456789ab'

/** A database that returns the rows or fails, and keeps the queries. Its records are in one hour, so in one window. */
function databaseOf(answer: readonly Row[] | DatabaseError | Error): Database & { readonly asked: Query[] } {
  const asked: Query[] = []
  return {
    asked,
    rows: async (query) => {
      if (answer instanceof Error) throw answer
      if (query.query === timeExtentQuery(authAudits).query) return [EXTENT]
      asked.push(query)
      return answer
    },
  }
}

function appOf(database: Database, principal: Principal | Problem = READER) {
  const telemetry = silentTelemetry()
  const app = createQueryApp({
    telemetry,
    streams: [authAudits],
    database,
    authenticate: async () => {
      if (principal instanceof Problem) throw principal
      return principal
    },
    now: () => microsFromRfc3339('2026-03-31T14:30:15.123456Z') as bigint,
  })
  return Object.assign(app, { metrics: telemetry.metrics })
}

const EXTENT = ['2026-01-31T14:00:00.000001Z', '2026-01-31T14:00:00.000002Z'].map((time) =>
  String(microsFromRfc3339(time)),
)

function row(values: Readonly<Record<string, string>>): Row {
  return recordColumns(authAudits).map((column) => values[column] ?? '')
}

const ROWS = [
  row({ event_id: ID, time: '2026-01-31 14:00:00.000002', user_id: 'u', org_id: 'org-1' }),
  row({ event_id: ID, time: '2026-01-31 14:00:00.000001' }),
]

describe('a list', () => {
  it('answers with the limit in force and the records', async () => {
    const database = databaseOf(ROWS)
    const response = await appOf(database).inject('/v1/auth_audits?user_id=u&dt_from=2026-01-01&dt_to=None&limit=')
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(response.json()).toEqual({
      limit: 500,
      auth_audits: [
        { event_id: ID, time: '2026-01-31T14:00:00.000002Z', user_id: 'u', org_id: 'org-1', outcome: 'unknown' },
        { event_id: ID, time: '2026-01-31T14:00:00.000001Z', outcome: 'unknown' },
      ],
    })
    // A few more than the page has, in case that records have copies.
    expect(database.asked[0]?.query_params).toEqual({
      limit: 511,
      user_id: 'u',
      dt_from: '2026-01-01 00:00:00.000000',
      from_minute: '2026-01-01 00:00:00.000000',
      organizations: ['org-1'],
    })
  })

  it('is an empty array if nothing matches', async () => {
    const response = await appOf(databaseOf([])).inject('/v1/auth_audits?limit=7')
    expect(response.json()).toEqual({ limit: 7, auth_audits: [] })
  })

  it('says where the next page begins when it is full', async () => {
    const response = await appOf(databaseOf(ROWS)).inject('/v1/auth_audits?limit=2')
    const [first, last] = ['2026-01-31T14:00:00.000002Z', '2026-01-31T14:00:00.000001Z']
    expect(response.json()).toEqual({
      limit: 2,
      auth_audits: [expect.anything(), expect.anything()],
      page_at_id: last,
      next_cursor: encodeCursor('newest first', microsFromRfc3339(last) as bigint, ID),
      page_info: { page_on: ['time', 'event_id'], page_at_key: [last, ID], previous_key: [first, ID] },
    })
  })

  it('has no page_at_id when the oldest come first', async () => {
    const response = await appOf(databaseOf(ROWS)).inject('/v1/auth_audits?limit=2&page_sort=asc')
    expect(Object.keys(response.json())).toEqual(['limit', 'auth_audits', 'next_cursor', 'page_info'])
  })

  it('reads an unencoded plus, encoded text and a repeated parameter', async () => {
    const database = databaseOf([])
    const query = 'dt_from=2026-01-31T16:00:00.000002+02:00&event=a%26b%3D%25&stage=1&stage=2'
    expect((await appOf(database).inject(`/v1/auth_audits?${query}`)).statusCode).toBe(200)
    expect(database.asked[0]?.query_params).toMatchObject({
      dt_from: '2026-01-31 14:00:00.000002',
      event: 'a&b=%',
      stage: ['1', '2'],
    })
  })
})

describe('a refusal', () => {
  async function problem(app: FastifyInstance, url = '/v1/auth_audits') {
    const response = await app.inject(url)
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    const body = response.json()
    expect(body).toMatchObject({ status: response.statusCode, error_message: body.detail })
    return { headers: response.headers, ...body }
  }

  it('of a parameter names it, and asks the database nothing', async () => {
    const database = databaseOf(ROWS)
    expect(await problem(appOf(database), '/v1/auth_audits?usr_id=1')).toMatchObject({
      status: 400,
      error_code: 'INVALID_PARAMETER',
      detail: 'usr_id: is not a parameter of auth_audits. Did you mean user_id?',
    })
    expect(database.asked).toEqual([])
  })

  it('of a token comes before all others', async () => {
    const database = databaseOf(ROWS)
    const refused = new Problem(401, 'TOKEN_INVALID', 'No.', { 'www-authenticate': 'Bearer realm="gatelog"' })
    expect(await problem(appOf(database, refused), '/v1/auth_audits?usr_id=1')).toMatchObject({
      status: 401,
      error_code: 'TOKEN_INVALID',
      headers: { 'www-authenticate': 'Bearer realm="gatelog"' },
    })
    expect(database.asked).toEqual([])
  })

  it('of a token without the scope', async () => {
    const database = databaseOf(ROWS)
    expect(await problem(appOf(database, { ...READER, scopes: ['openid'] }))).toMatchObject({
      status: 403,
      error_code: 'INSUFFICIENT_SCOPE',
    })
    expect(database.asked).toEqual([])
  })

  it('says when to retry while ClickHouse is away', async () => {
    const app = appOf(databaseOf(new DatabaseError('STORE_UNAVAILABLE', 'ECONNREFUSED')))
    expect(await problem(app)).toMatchObject({
      status: 503,
      error_code: 'STORE_UNAVAILABLE',
      headers: { 'retry-after': '5' },
    })
    expect(await app.metrics.metrics()).toContain('gatelog_query_clickhouse_failures_total{code="STORE_UNAVAILABLE"} 1')
  })

  it('of a query that is too large', async () => {
    expect(await problem(appOf(databaseOf(new DatabaseError('QUERY_TOO_LARGE', 'TOO_MANY_ROWS'))))).toMatchObject({
      status: 422,
      error_code: 'QUERY_TOO_LARGE',
    })
  })

  it('of an internal error does not say what went wrong', async () => {
    const body = await problem(appOf(databaseOf(new Error('secret'))))
    expect(body).toMatchObject({ status: 500, error_code: 'INTERNAL' })
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it('of another path, and of one that cannot be decoded', async () => {
    expect(await problem(appOf(databaseOf([])), '/v1/nothing')).toMatchObject({ status: 404, error_code: 'NOT_FOUND' })
    expect(await problem(appOf(databaseOf([])), '/%zz')).toMatchObject({ status: 400 })
  })
})

describe('every answer', () => {
  it.each([
    ['GET', '/v1/auth_audits', 200],
    ['GET', '/v1/auth_audits?limit=0', 400],
    ['GET', '/healthz', 200],
    ['GET', '/nothing', 404],
    ['HEAD', '/v1/auth_audits', 200],
    ['POST', '/v1/auth_audits', 405],
    ['PUT', '/v1/auth_audits', 405],
    ['PATCH', '/v1/auth_audits', 405],
    ['DELETE', '/v1/auth_audits', 405],
    ['OPTIONS', '/v1/auth_audits', 405],
  ] as const)('%s %s: %i, not cacheable, closed to other sites', async (method, url, status) => {
    const { statusCode, headers } = await appOf(databaseOf(ROWS)).inject({
      method,
      url,
      headers: { origin: 'https://else.example', 'content-type': 'application/x-unknown' },
    })
    expect(statusCode).toBe(status)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    })
    expect(headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined)
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

it('a tail has no HEAD: its answer has no end', async () => {
  const { statusCode, headers } = await appOf(databaseOf([])).inject({ method: 'HEAD', url: '/v1/auth_audits/tail' })
  expect(statusCode).toBe(405)
  expect(headers.allow).toBe('GET')
})

describe('operations', () => {
  it('is ready when ClickHouse answers with every column', async () => {
    const database = databaseOf([])
    expect((await appOf(database).inject('/readyz')).statusCode).toBe(200)
    expect(database.asked[0]?.query).toBe(`SELECT ${recordColumns(authAudits).join(', ')} FROM auth_audits LIMIT 0`)
  })

  it.each([
    [new DatabaseError('STORE_UNAVAILABLE', 'ECONNREFUSED'), 'ClickHouse (ECONNREFUSED)'],
    [new DatabaseError('STORE_UNAVAILABLE', 'UNKNOWN_TABLE'), 'the table auth_audits: run migrate'],
    [new DatabaseError('QUERY_FAILED', 'UNKNOWN_IDENTIFIER'), 'the table auth_audits: run migrate'],
  ])('waits on %s', async (error, waitingFor) => {
    const response = await appOf(databaseOf(error)).inject('/readyz')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toEqual({ status: 'not ready', waiting_for: waitingFor })
  })

  it('counts requests by route and class of status, refusals by code, and records', async () => {
    const app = appOf(databaseOf(ROWS))
    await app.inject('/v1/auth_audits')
    await app.inject('/v1/auth_audits?limit=0')
    await app.inject('/what/ever')
    const { body } = await app.inject('/metrics')
    expect(body).toContain('gatelog_query_requests_total{method="GET",route="/v1/auth_audits",status="2xx"} 1')
    expect(body).toContain('gatelog_query_requests_total{method="GET",route="/v1/auth_audits",status="4xx"} 1')
    expect(body).toContain('gatelog_query_requests_total{method="GET",route="none",status="4xx"} 1')
    expect(body).toContain('gatelog_query_request_seconds_count{route="/v1/auth_audits",status="2xx"} 1')
    expect(body).toContain('gatelog_query_refusals_total{code="INVALID_PARAMETER"} 1')
    expect(body).toContain('gatelog_query_rows_total{stream="auth_audits"} 2')
  })

  it.each(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'])('%s has no other methods', async (url) => {
    const response = await appOf(databaseOf([])).inject({ method: 'POST', url })
    expect(response.statusCode).toBe(405)
    expect(response.headers.allow).toBe('GET, HEAD')
  })

  it('shows itself as a page that loads only its own files and has no inline script', async () => {
    const app = appOf(databaseOf([]))
    const page = await app.inject('/docs')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; /,
    )
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => String(link))
    expect(page.body.match(/<script(?! src="docs\/[a-z.-]+"><\/script>)/)).toBeNull()
    const files = ['docs/swagger-ui.css', 'openapi.json', 'docs/swagger-ui-bundle.js', 'docs/page.js']
    expect(links).toEqual(['data:,', ...files])
    for (const link of links.filter((each) => !each.startsWith('data:'))) {
      const file = await app.inject(`/${link}`)
      expect(file.statusCode, link).toBe(200)
      expect(file.body.length, link).toBeGreaterThan(100)
      expect(file.headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it('lets browsers keep the files of the page, and answers 304 where they are unchanged', async () => {
    const app = appOf(databaseOf([]))
    const url = '/docs/swagger-ui.css'
    const { headers } = await app.inject(url)
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=3600',
      'content-type': 'text/css; charset=utf-8',
    })
    const again = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } })
    expect({ status: again.statusCode, body: again.body }).toEqual({ status: 304, body: '' })
    expect((await app.inject('/docs/package.json')).statusCode).toBe(404)
  })
})
