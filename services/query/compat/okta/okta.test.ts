import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../../schemas/streams/index.js'
import { compatApp, ID, rowOf } from '../../../../test/fixtures/query/compat_app.js'
import { Problem } from '../../../runtime/problem.js'

const PATH = '/api/v1/logs'
const BOUNDED = `${PATH}?since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z`

function row(values: Readonly<Record<string, string>> = {}) {
  return rowOf(authAudits, { event_id: ID, time: '2026-01-31 14:00:00.123456', ...values })
}

describe('an event', () => {
  it('has what the record has', async () => {
    const record = {
      ...{
        stage: 'Login',
        event: 'Wrong password',
        result: 'Failure',
        user_id: '1',
        upstream_user_id: 'ada@example.com',
      },
      ...{ source_ip: '2001:db8::1', user_agent: 'curl/8', client_id: 'c', application_name: 'mail', session: 's' },
      ...{ trace_id: 't', org_id: 'o', upstream_idp: 'google', issuer: 'https://issuer.example' },
    }
    const [event] = (await compatApp({ rows: [row(record)] }).app.inject(BOUNDED)).json()
    expect(event).toMatchObject({
      uuid: ID,
      published: '2026-01-31T14:00:00.123Z',
      eventType: 'user.session.start',
      severity: 'WARN',
      displayMessage: 'Login: Wrong password',
      actor: { id: '1', alternateId: 'ada@example.com', displayName: 'ada@example.com' },
      client: { ipAddress: '2001:db8::1', userAgent: { rawUserAgent: 'curl/8' }, id: 'c' },
      outcome: { result: 'FAILURE', reason: 'Wrong password' },
      target: [
        { type: 'AppInstance', id: 'c', displayName: 'mail' },
        { type: 'IdentityProvider', displayName: 'google' },
      ],
      transaction: { id: 't' },
      authenticationContext: { externalSessionId: 's', issuer: { id: 'https://issuer.example' } },
      debugContext: { debugData: { org_id: 'o', stage: 'Login' } },
      request: { ipChain: [{ ip: '2001:db8::1', version: 'V6' }] },
    })
  })

  it('says what is unknown', async () => {
    const [event] = (await compatApp({ rows: [row()] }).app.inject(BOUNDED)).json()
    expect(event).toMatchObject({
      eventType: 'user.authentication.verify',
      displayMessage: null,
      actor: { id: 'unknown', alternateId: 'unknown', displayName: 'unknown' },
      client: { ipAddress: null, userAgent: null },
      outcome: { result: 'UNKNOWN', reason: null },
      target: null,
      transaction: { id: 'unknown' },
    })
  })

  it.each([
    ['user.mfa.okta_verify', 'Mfa', 'user.mfa.okta_verify'],
    ['Token', 'Logout', 'user.session.end'],
    ['v1.2 beta', 'Mfa', 'user.authentication.verify'],
  ])('named %s of the stage %s has the type %s', async (event_name, stage, type) => {
    const [event] = (await compatApp({ rows: [row({ event_name, stage })] }).app.inject(BOUNDED)).json()
    expect(event.eventType).toBe(type)
  })
})

it('asks for a page of 100, and for less than its answer may have', async () => {
  const { app, asked } = compatApp({ rows: [] })
  await app.inject(BOUNDED)
  expect(asked[0]?.query_params).toMatchObject({
    limit: 105,
    dt_from: '2026-01-01 00:00:00.000000',
    dt_to: '2026-02-01 00:00:00.000000',
  })
})

it('filters by fields where indexes can find them', async () => {
  const { app, asked } = compatApp({ rows: [] })
  const filter =
    'actor.id eq "1" and (actor.alternateId eq "Ada@x" or actor.alternateId eq "bob@x") and actor.id sw "1"'
  await app.inject(`${BOUNDED}&filter=${encodeURIComponent(filter)}`)
  expect(asked[0]?.query).toContain('user_id = {filter_0:String}')
  expect(asked[0]?.query).toContain('lowerUTF8(upstream_user_id) IN {filter_1:Array(String)}')
  expect(asked[0]?.query_params).toMatchObject({ filter_0: '1', filter_1: ['ada@x', 'bob@x'], criterion_0: '1' })
})

describe('a parameter', () => {
  it.each([
    ['limit=0', /^limit: must be a whole number from 1 to 1000/],
    ['limit=1001', /^limit:/],
    ['sortOrder=UP', /^sortOrder: must be ASCENDING or DESCENDING/],
    ['since=yesteryear', /^since: "yesteryear" is not understood/],
    ['until=blah', /^until:/],
    ['filter=actor', /^filter: is not understood at its end/],
    ['filter=actr.id+eq+%22a%22', /^filter: names the path "actr.id".* Did you mean actor.id\?/],
    ['filter=constructor+eq+%22a%22', /^filter: names the path "constructor"/],
    ['filter=uuid+sw+%22a%22', /^filter: compares uuid with sw/],
    [`q=${'a+'.repeat(11)}`, /^q: may have at most 10 keywords/],
    [`q=${'a'.repeat(41)}`, /^q: may have keywords of at most 40/],
    ['after=x', /^after: is not one of this service/],
    ['after=arrivals.AAAA', /^after: is incomplete, or from another installation/],
    ['after=page.AAAA', /^after: is not one/],
    ['limit=1&limit=2', /^limit: may be given only once/],
    ['fitler=a', /^fitler: is not a parameter/],
    ['limit=0&since=x', /^since: .* limit: /],
  ])('%s is refused in Okta’s form', async (query, message) => {
    const response = await compatApp({ rows: [] }).app.inject(`${PATH}?${query}`)
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({
      errorCode: 'E0000001',
      errorSummary: expect.stringMatching(message),
      errorLink: 'E0000001',
      errorId: expect.stringMatching(/^oae/),
      errorCauses: [{ errorSummary: 'INVALID_PARAMETER' }],
    })
  })
})

describe('a token', () => {
  it.each([
    ['SSWS abc', 'Bearer abc'],
    ['ssws abc', 'Bearer abc'],
    ['SSWSabc', 'Bearer abc'],
    ['Bearer abc', 'Bearer abc'],
    ['Basic abc', 'Basic abc'],
    [undefined, undefined],
  ])('in %s', async (authorization, expected) => {
    const { app, tokens } = compatApp({ rows: [] })
    await app.inject({ url: BOUNDED, headers: authorization === undefined ? {} : { authorization } })
    expect(tokens).toEqual([expected])
  })

  it('that asks too often learns when to ask again, in Okta’s words', async () => {
    const refusal = new Problem(429, 'RATE_LIMITED', 'Too often.', { 'retry-after': '2', 'ratelimit-limit': '200' })
    const { statusCode, headers, ...response } = await compatApp({ rows: [], refusal }).app.inject(PATH)
    expect(statusCode).toBe(429)
    expect(headers).toMatchObject({ 'retry-after': '2', 'x-rate-limit-limit': '200', 'x-rate-limit-remaining': '0' })
    expect(Number(headers['x-rate-limit-reset'])).toBeGreaterThan(Date.now() / 1_000)
    expect(response.json()).toMatchObject({ errorCode: 'E0000047', errorSummary: 'Too often.' })
  })
})
