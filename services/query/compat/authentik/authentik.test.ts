import { describe, expect, it } from 'vitest'
import { compatApp } from '../../../../test/fixtures/query/compat_app.js'
import { Problem } from '../../../runtime/problem.js'

const PATH = '/api/v3/events/events/'

it('has an empty page where there is nothing', async () => {
  const response = await compatApp({ rows: [] }).app.inject(PATH)
  expect(response.json()).toEqual({
    pagination: { next: 0, previous: 0, count: 0, current: 1, total_pages: 1, start_index: 0, end_index: 0 },
    results: [],
    autocomplete: {},
  })
})

it.each([
  ['Token abc', 'Bearer abc'],
  ['token abc', 'Bearer abc'],
  ['Bearer abc', 'Bearer abc'],
  [undefined, undefined],
])('takes the token in %s', async (authorization, expected) => {
  const { app, tokens } = compatApp({ rows: [] })
  await app.inject({ url: PATH, headers: authorization === undefined ? {} : { authorization } })
  expect(tokens).toEqual([expected])
})

it('shows an error as authentik does', async () => {
  const refusal = new Problem(403, 'INSUFFICIENT_SCOPE', 'The token needs the scope audits:read.')
  const response = await compatApp({ rows: [], refusal }).app.inject(PATH)
  expect(response.statusCode).toBe(403)
  expect(response.json()).toEqual({ detail: 'The token needs the scope audits:read.', code: 'INSUFFICIENT_SCOPE' })
})

describe('a parameter', () => {
  it.each([
    ['page=0', /^page: must be a whole number/],
    ['page_size=x', /^page_size: must be a whole number/],
    ['ordering=app', /^ordering: must be created or -created/],
    ['actions=custom_x', /^actions: "custom_x" is not an action of authentik/],
    ['actions=login&actions=toString', /^actions: "toString"/],
    ['client_ip=nowhere', /^client_ip: must be IP addresses/],
    [`search=${'a+'.repeat(11)}`, /^search: may have at most 10 words/],
    ['usrname=ada', /^usrname: is not a parameter of authentik’s events. Did you mean username\?/],
    ['page=0&ordering=app', /^ordering: .* page: /],
    ['page=500', /^page: 500 can't be found by its number.*Read the page before it first/],
    ['page=2', /^Invalid page/],
  ])('%s is refused', async (query, detail) => {
    const response = await compatApp({ rows: [] }).app.inject(`${PATH}?${query}`)
    expect(response.statusCode).toBe(query === 'page=2' ? 404 : 400)
    expect(response.json().detail).toMatch(detail)
  })

  it.each([
    'actions/?a=1',
    'volume/?history_days=0',
    'top_per_user/?page=1',
    '019b76da-a800-7000-8000-0123456789ab/?a=1',
  ])('of another path is refused, %s', async (path) => {
    expect((await compatApp({ rows: [] }).app.inject(PATH + path)).statusCode).toBe(400)
  })
})

it('asks for sign-ins and events of a user by their indexes', async () => {
  const { app, asked } = compatApp({ rows: [] })
  await app.inject(`${PATH}?username=Ada&action=login`)
  const statements = asked.map(({ query }) => query).join('\n')
  expect(statements).toContain("JSONExtract(user, 'username', 'String') = {username:String}")
  expect(statements).toContain('lowerUTF8(upstream_user_id) = {filter_0:String}')
  expect(statements).toContain('user_id = {filter_0:String}')
})

it('takes a star at the end of a name as it is', async () => {
  const { app, asked } = compatApp({ rows: [] })
  expect((await app.inject(`${PATH}?username=ada*`)).statusCode).toBe(200)
  const params = asked.map(({ query_params }) => query_params)
  expect(params).toContainEqual(expect.objectContaining({ username: 'ada*' }))
  expect(params).toContainEqual(expect.objectContaining({ filter_0: 'ada*' }))
})

it('reads no sign-ins where a filter looks into a context', async () => {
  const { app, asked } = compatApp({ rows: [] })
  await app.inject(`${PATH}?context_model_pk=1`)
  expect(asked.map(({ query }) => query).join()).not.toContain('auth_audits')
})
