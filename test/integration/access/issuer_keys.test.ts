import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Authenticate, bearerTokens } from '../../../services/runtime/auth/bearer_tokens.js'
import { publishedKeys } from '../../../services/runtime/auth/issuer_keys.js'

const ISSUER = 'https://issuer.example'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** An issuer that publishes its keys over HTTP and changes them. */
interface Issuer {
  readonly url: string
  /** How often its keys were requested. */
  asked(): number
  /** Creates a key and publishes it, with the earlier ones or alone. Returns a function that signs tokens with it. */
  rotate(keep: boolean): Promise<(subject: string) => Promise<string>>
  stop(): Promise<void>
}

async function startIssuer(): Promise<Issuer> {
  let keys: JWK[] = []
  let asked = 0
  let made = 0
  const server = createServer((_request, response) => {
    asked++
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    asked: () => asked,
    async rotate(keep) {
      const { privateKey, publicKey } = await generateKeyPair('ES256')
      const kid = `key-${++made}`
      keys = [...(keep ? keys : []), { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES256' }]
      return (subject) =>
        new SignJWT({ scope: 'audits:read', org_ids: ['o'] })
          .setProtectedHeader({ alg: 'ES256', kid })
          .setIssuer(ISSUER)
          .setAudience('gatelog')
          .setSubject(subject)
          .setExpirationTime('2h')
          .sign(privateKey)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

let issuer: Issuer
let authenticate: Authenticate

beforeEach(async () => {
  issuer = await startIssuer()
  authenticate = bearerTokens({
    issuer: ISSUER,
    audience: 'gatelog',
    organizationsClaim: 'org_ids',
    findKey: publishedKeys(issuer.url, { maxAgeMs: 24 * HOUR }),
  })
})

afterEach(async () => {
  vi.useRealTimers()
  await issuer.stop()
})

function pass(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds })
}

describe('an issuer’s keys', () => {
  it('are fetched once, however many tokens arrive then and later', async () => {
    const sign = await issuer.rotate(false)
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => sign(`user-${index}`)))
    const principals = await Promise.all(tokens.map((token) => authenticate(`Bearer ${token}`)))
    expect(principals.map(({ subject }) => subject)).toEqual(tokens.map((_, index) => `user-${index}`))
    await authenticate(`Bearer ${await sign('later')}`)
    expect(issuer.asked()).toBe(1)
  })

  it('may change: a token with a new key works, and the old key is valid while it is published', async () => {
    const old = await issuer.rotate(false)
    await authenticate(`Bearer ${await old('ada')}`)
    pass(MINUTE)
    const next = await issuer.rotate(true)
    expect(await authenticate(`Bearer ${await next('ada')}`)).toMatchObject({ subject: 'ada' })
    expect(await authenticate(`Bearer ${await old('ada')}`)).toMatchObject({ subject: 'ada' })
    expect(issuer.asked()).toBe(2)
  })

  it('that are no longer published are rejected after the next fetch, at most ten minutes later', async () => {
    const old = await issuer.rotate(false)
    await authenticate(`Bearer ${await old('ada')}`)
    const next = await issuer.rotate(false)
    pass(9 * MINUTE)
    expect(await authenticate(`Bearer ${await old('ada')}`)).toMatchObject({ subject: 'ada' })
    pass(2 * MINUTE)
    await expect(authenticate(`Bearer ${await old('ada')}`)).rejects.toMatchObject({
      status: 401,
      code: 'TOKEN_INVALID',
    })
    expect(await authenticate(`Bearer ${await next('ada')}`)).toMatchObject({ subject: 'ada' })
    expect(issuer.asked()).toBe(2)
  })

  it('are fetched for unknown key ids at most twice a minute', async () => {
    const sign = await issuer.rotate(false)
    await authenticate(`Bearer ${await sign('ada')}`)
    const stranger = await startIssuer()
    await stranger.rotate(false)
    const forged = await (await stranger.rotate(false))('eve')
    await stranger.stop()
    for (let second = 0; second < 60; second++) {
      await expect(authenticate(`Bearer ${forged}`)).rejects.toMatchObject({ status: 401 })
      pass(1_000)
    }
    expect(issuer.asked()).toBeLessThanOrEqual(3)
  })

  it('remain valid for a day when the issuer is down; then the error does not blame the token', async () => {
    const sign = await issuer.rotate(false)
    await authenticate(`Bearer ${await sign('ada')}`)
    await issuer.stop()
    pass(9 * MINUTE)
    expect(await authenticate(`Bearer ${await sign('ada')}`)).toMatchObject({ subject: 'ada' })
    pass(2 * MINUTE)
    expect(await authenticate(`Bearer ${await sign('ada')}`)).toMatchObject({ subject: 'ada' })
    pass(23 * HOUR)
    expect(await authenticate(`Bearer ${await sign('ada')}`)).toMatchObject({ subject: 'ada' })
    pass(HOUR)
    await expect(authenticate(`Bearer ${await sign('ada')}`)).rejects.toMatchObject({
      status: 503,
      code: 'ISSUER_KEYS_UNAVAILABLE',
    })
  })
})
