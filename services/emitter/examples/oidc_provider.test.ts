import { createHash, randomBytes } from 'node:crypto'
import express from 'express'
import Provider from 'oidc-provider'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Listening, listening } from '../../../test/fixtures/emitter/listening.js'
import { type authAudits, type InMemoryEmitter, inMemoryEmitter } from '../index.js'
import { oidcPages } from './oidc_pages.js'
import { auditProvider } from './oidc_provider.js'

const CALLBACK = 'http://127.0.0.1:1/callback'
const client = {
  client_id: 'mail',
  client_name: 'Mail',
  client_secret: 'of the application',
  redirect_uris: [CALLBACK],
}
const users = {
  verify: async (name: string, password: string) =>
    `${name} ${password}` === 'ada right' ? { id: 'u-1', orgId: 'org-1' } : undefined,
}

let server: Listening
let audit: InMemoryEmitter<typeof authAudits>
beforeEach(async () => {
  // It says that keys and adapter are for development.
  for (const level of ['info', 'warn'] as const) vi.spyOn(console, level).mockImplementation(() => undefined)
  const app = express()
  server = await listening(app)
  audit = inMemoryEmitter()
  const provider = new Provider(server.url, {
    clients: [{ ...client, grant_types: ['authorization_code', 'refresh_token'] }],
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: async (_ctx, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    issueRefreshToken: async () => true,
  })
  auditProvider(provider, audit)
  app.use(oidcPages(provider, { audit, users }))
  app.use(provider.callback())
})
afterEach(() => server[Symbol.asyncDispose]())

/** A browser: it keeps cookies by path, and follows redirects until a page or the application's callback. */
function browser() {
  const cookies = new Map<string, { readonly value: string; readonly path: string }>()

  async function open(address: string, form?: Record<string, string>): Promise<{ url: URL; status: number }> {
    const url = new URL(address, server.url)
    if (url.href.startsWith(CALLBACK)) return { url, status: 200 }
    const sent = [...cookies].filter(([, { path }]) => url.pathname.startsWith(path))
    const response = await fetch(url, {
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
      redirect: 'manual',
      headers: { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; '), 'user-agent': 'Firefox' },
    })
    await response.arrayBuffer()
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /path=([^;]+)/i.exec(line)?.[1] ?? '/'
      if (value === '') cookies.delete(name)
      else cookies.set(name, { value, path })
    }
    const location = response.headers.get('location')
    return location === null ? { url, status: response.status } : open(location)
  }
  return { open }
}

interface Tokens {
  readonly id_token?: string
  readonly refresh_token?: string
}

/** The application: it sends a browser to the provider, and changes the code for tokens. */
function application() {
  const verifier = randomBytes(32).toString('base64url')
  const authorize = new URL('/auth', server.url)
  authorize.search = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()

  async function tokens(grant: Record<string, string>): Promise<Tokens> {
    const login = Buffer.from(`${client.client_id}:${encodeURIComponent(client.client_secret)}`).toString('base64')
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${login}` },
      body: new URLSearchParams(grant),
    })
    return (await response.json()) as Tokens
  }

  return {
    url: authorize.href,
    refresh: (refresh_token = '') => tokens({ grant_type: 'refresh_token', refresh_token }),
    redeem: (code: string) =>
      tokens({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier }),
  }
}

/** The stages that were left, as `stage: event`. */
const stages = () => audit.records.map(({ fields }) => `${fields.stage}: ${fields.event}`)
const valuesOf = (name: string) => audit.records.map(({ fields }) => fields[name])

async function signIn(app = application(), { open } = browser()) {
  const { url: loginPage } = await open(app.url)
  const { url: consentPage } = await open(loginPage.href, { name: 'ada', password: 'right' })
  const { url } = await open(consentPage.href, {})
  const code = url.searchParams.get('code') ?? ''
  return { code, ...(await app.redeem(code)) }
}

it('a login leaves its stages in order, with one trace, and one session from the login on', async () => {
  const { id_token } = await signIn()
  const { sub } = JSON.parse(Buffer.from(id_token?.split('.')[1] ?? '', 'base64url').toString())
  expect(sub).toBe('u-1')
  expect(stages()).toEqual([
    'Authorization: login required',
    'Login: Success',
    'Authorization: consent required',
    'Consent: Success',
    'Authorization: Success',
    'Token: Success',
  ])
  expect(new Set(valuesOf('trace_id')).size).toBe(1)
  expect(valuesOf('trace_id')[0]).toMatch(/\S{20}/)
  const session = valuesOf('session').at(-1)
  expect(session).toMatch(/\S{20}/)
  expect(valuesOf('session')).toEqual([undefined, undefined, session, session, session, session])
  expect(valuesOf('user_id')).toEqual([undefined, ...Array(5).fill('u-1')])
  expect(audit.records.at(-1)?.fields).toMatchObject({
    client_id: 'mail',
    application_name: 'Mail',
    issuer: server.url,
  })
  expect(audit.records[1]?.fields).toMatchObject({ user_agent: 'Firefox', source_ip: '127.0.0.1' })
})

it('a wrong password is a stage of the same trace, and the next one may be right', async () => {
  const { open } = browser()
  const { url } = await open(application().url)
  expect(await open(url.href, { name: 'ada', password: 'wrong' })).toMatchObject({ status: 401 })
  await open(url.href, { name: 'ada', password: 'right' })
  expect(stages().slice(0, 3)).toEqual(['Authorization: login required', 'Login: Failure', 'Login: Success'])
  expect(new Set(valuesOf('trace_id')).size).toBe(1)
})

it('a browser that has signed in gets a code at once: another trace, the same session', async () => {
  const user = browser()
  await signIn(application(), user)
  const before = audit.records.length
  const again = application()
  const { url } = await user.open(again.url)
  await again.redeem(url.searchParams.get('code') ?? '')
  expect(stages().slice(before)).toEqual(['Authorization: Success', 'Token: Success'])
  const traces = valuesOf('trace_id')
  expect(traces[before]).toBe(traces.at(-1))
  expect(traces[before]).not.toBe(traces[0])
  expect(new Set(valuesOf('session').slice(2)).size).toBe(1)
})

it('a refresh has the session, and a code that is used twice is a failure', async () => {
  const app = application()
  const { code, refresh_token } = await signIn(app)
  await app.refresh(refresh_token)
  expect(audit.records.at(-1)?.fields).toMatchObject({ stage: 'Refresh token', event: 'Success', user_id: 'u-1' })
  expect(valuesOf('session').at(-1)).toBe(valuesOf('session').at(-2))
  await app.redeem(code)
  expect(audit.records.at(-1)?.fields).toMatchObject({ stage: 'Token', event: 'invalid_grant', result: 'Failure' })
})
