import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../../schemas/streams/index.js'
import { compatApp, ID, rowOf } from '../../../../test/fixtures/query/compat_app.js'
import { Problem } from '../../../runtime/problem.js'

const LOGIN = { event_id: ID, time: '2026-01-31 14:00:00.000002', stage: 'Login', event: 'Success', org_id: 'o/1' }
const PATH = '/api/v1/audit/authentication/accounts/o%2F1'

function rows(count: number) {
  return Array.from({ length: count }, (_, index) =>
    rowOf(authAudits, { ...LOGIN, event_id: ID.replace(/.{4}$/, String(1_000 + index)), user_id: '12', org_name: 'O' }),
  )
}

function linksOf(header: unknown): Readonly<Record<string, string>> {
  const links = [...String(header).matchAll(/<([^>]*)>; rel="(\w+)"/g)]
  return Object.fromEntries(links.map(([, address = '', relation]) => [relation, address]))
}

it('answers with the members of both generations', async () => {
  const { app } = compatApp({ rows: rows(1) })
  const { events, linked, links, meta } = (await app.inject(PATH)).json()
  expect(events).toEqual([
    {
      id: '019b76da-a800-7000-8000-012345671000',
      created_at: '2026-01-31T14:00:00.000002Z',
      event_type: 'login',
      pseudonym_id: null,
      account_id: 'o/1',
      user_id: '12',
      links: { login: null, account: 'o/1', user: '12', page_view: null },
    },
  ])
  expect(linked).toEqual({
    logins: [],
    accounts: [{ id: 'o/1', name: 'O' }],
    users: [{ id: '12', name: '12', login_id: null }],
    page_views: [],
  })
  expect(links['events.account']).toBe('http://localhost:80/api/v1/audit/authentication/accounts/{events.account}')
  expect(meta).toBeUndefined()
})

describe('ids', () => {
  it.each([
    ['12', 12],
    ['0', 0],
    ['012', '012'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['-1', '-1'],
    ['1e3', '1e3'],
  ])('%s is %j where numbers are configured, and text otherwise', async (user_id, shown) => {
    const row = [rowOf(authAudits, { ...LOGIN, user_id })]
    const numbers = compatApp({ rows: row, compat: { canvas: { numericIds: true } } })
    expect((await numbers.app.inject(PATH)).json().events[0].user_id).toBe(shown)
    const texts = compatApp({ rows: row })
    expect((await texts.app.inject(PATH)).json().events[0].user_id).toBe(user_id)
  })
})

describe('links', () => {
  it('keep every parameter but the token, and lead to the next page', async () => {
    const { app, asked } = compatApp({ rows: rows(3) })
    const url = `${PATH}?per_page=2&start_time=2026-01-01T00%3A00%3A00%2B01%3A00&include[]=a&include[]=b&access_token=x`
    const links = linksOf((await app.inject(url)).headers.link)
    expect(Object.keys(links)).toEqual(['current', 'next', 'first'])
    const next = new URL(links.next ?? '')
    expect(next.pathname).toBe(PATH)
    expect([...next.searchParams.entries()].map(([name]) => name)).toEqual([
      'per_page',
      'start_time',
      'include[]',
      'include[]',
      'page',
    ])
    expect(next.searchParams.get('start_time')).toBe('2026-01-01T00:00:00+01:00')
    await app.inject(`${next.pathname}${next.search}`)
    expect(asked.at(-1)?.query_params).toMatchObject({ after_event_id: '019b76da-a800-7000-8000-012345671001' })
  })

  it('have no next page where the page is the last', async () => {
    const { app } = compatApp({ rows: rows(2) })
    expect(Object.keys(linksOf((await app.inject(`${PATH}?per_page=2`)).headers.link))).toEqual(['current', 'first'])
  })

  it.each([
    [{ host: 'Canvas.example:8443' }, undefined, undefined, 'http://Canvas.example:8443'],
    [{ host: 'evil>; rel="next"' }, undefined, undefined, 'http://localhost'],
    [
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'audit.example' },
      ['127.0.0.1'],
      undefined,
      'https://audit.example',
    ],
    [{ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' }, undefined, undefined, 'http://localhost:80'],
    [{ host: 'inner' }, undefined, 'https://example.com/gatelog', 'https://example.com/gatelog'],
  ])('of a request with %j begin with the asked address', async (headers, trustProxy, publicUrl, base) => {
    const { app } = compatApp({ rows: rows(1), trustProxy, compat: { publicUrl } })
    const { current = '' } = linksOf((await app.inject({ url: PATH, headers })).headers.link)
    expect(current).toBe(`${base}${PATH}?page=first`)
  })

  it('stay links whatever the path has', async () => {
    const { app } = compatApp({ rows: [] })
    const url = `${PATH.replace('o%2F1', 'a>b"c;,')}?per_page=1`
    expect((await app.inject({ url })).headers.link).toContain(
      '/accounts/a%3Eb%22c;,?per_page=1&page=first>; rel="current"',
    )
  })
})

describe('parameters', () => {
  it.each([
    ['', 10],
    ['per_page=3', 3],
    ['per_page=3&per_page=100', 3],
    ['per_page=5000', 100],
    ['per_page=0', 10],
    ['per_page=ten', 10],
    ['per_page=-1&page=', 10],
  ])('%s is a page of %i', async (query, perPage) => {
    const { app, asked } = compatApp({ rows: [] })
    expect((await app.inject(`${PATH}?${query}`)).statusCode).toBe(200)
    // One more says whether another page follows; the service asks for some more in case that records have copies.
    expect(asked[0]?.query_params.limit).toBe(perPage + 1 + Math.ceil((perPage + 1) / 50) + 1)
  })

  it('ignores a time that it can’t read, and unknown parameters', async () => {
    const { app, asked } = compatApp({ rows: [] })
    const url = `${PATH}?start_time=blah&end_time=2026-13-45&as_user_id=1&anything=2`
    expect((await app.inject(url)).statusCode).toBe(200)
    expect(asked[0]?.query_params).not.toHaveProperty('dt_from')
    expect(asked[0]?.query_params).not.toHaveProperty('dt_to')
  })

  it.each(['2', 'bookmark:', 'bookmark:AAAA', '-'])('rejects the page %s and says what to do', async (page) => {
    const response = await compatApp({ rows: [] }).app.inject(`${PATH}?page=${page}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toEqual([
      { message: expect.stringContaining('Follow the link with rel="next"'), error_code: 'INVALID_PARAMETER' },
    ])
  })
})

describe('tokens', () => {
  it.each([
    [{ headers: { authorization: 'Bearer header' }, url: PATH }, 'Bearer header'],
    [{ url: `${PATH}?access_token=secret` }, 'Bearer secret'],
    [{ headers: { authorization: 'Bearer header' }, url: `${PATH}?access_token=secret` }, 'Bearer header'],
    [{ url: `${PATH}?access_token=` }, undefined],
    [{ url: PATH }, undefined],
  ])('of %j', async (request, expected) => {
    const { app, tokens } = compatApp({ rows: [] })
    await app.inject(request)
    expect(tokens).toEqual([expected])
  })

  it('that are wrong get 401 with JSON and WWW-Authenticate', async () => {
    const refusal = new Problem(401, 'TOKEN_INVALID', 'The token has expired.', {
      'www-authenticate': 'Bearer realm="gatelog"',
    })
    const response = await compatApp({ rows: [], refusal }).app.inject(PATH)
    expect(response.statusCode).toBe(401)
    expect(response.headers).toMatchObject({
      'www-authenticate': 'Bearer realm="gatelog"',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(response.json()).toEqual({
      status: 'unauthenticated',
      errors: [{ message: 'The token has expired.', error_code: 'TOKEN_INVALID' }],
    })
  })

  it.each([new Problem(401, 'TOKEN_INVALID', 'No.'), new Problem(503, 'STORE_UNAVAILABLE', 'Later.'), undefined])(
    'in a parameter reach no log, no metric and no answer, also when the answer is %o',
    async (refusal) => {
      const { app, lines, metrics } = compatApp({ rows: rows(3), refusal, level: 'trace' })
      const response = await app.inject(`${PATH}?per_page=2&access_token=s3cr3t`)
      await app.inject(`/api/v1/nothing?access_token=s3cr3t`)
      await app.inject({ method: 'POST', url: `${PATH}?access_token=s3cr3t` })
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.join('')).not.toContain('s3cr3t')
      expect(await metrics()).not.toContain('s3cr3t')
      expect(JSON.stringify(response.headers) + response.body).not.toContain('s3cr3t')
    },
  )
})
