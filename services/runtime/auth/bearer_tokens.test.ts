import { createPublicKey } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Problem } from '../problem.js'
import { type Authenticate, bearerTokens, requireScope } from './bearer_tokens.js'
import { publishedKeys, singleKey } from './issuer_keys.js'

const ISSUER = 'https://issuer.example'
const CLAIMS = {
  iss: ISSUER,
  aud: 'gatelog',
  sub: 'ada',
  scope: 'openid audits:read',
  org_ids: ['org-1', 'org-2'],
}

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

let key: Key
let otherKey: Key
let authenticate: Authenticate

beforeAll(async () => {
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  otherKey = (await generateKeyPair('ES256')).privateKey
  authenticate = access(await singleKey(createPublicKey(await exportSPKI(pair.publicKey))))
})

afterEach(() => {
  vi.useRealTimers()
})

function access(findKey: Parameters<typeof bearerTokens>[0]['findKey'], organizationsClaim = 'org_ids'): Authenticate {
  return bearerTokens({ issuer: ISSUER, audience: 'gatelog', organizationsClaim, findKey })
}

function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow
}

/** A token of the claims; a claim that is undefined is left out. */
async function token(
  claims: Readonly<Record<string, unknown>> = {},
  { by = key, alg = 'ES256', kid }: { by?: Key; alg?: string; kid?: string } = {},
) {
  const payload = { ...CLAIMS, iat: seconds(0), exp: seconds(60), ...claims }
  return new SignJWT(payload).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(by)
}

async function refusal(attempt: Promise<unknown>): Promise<Problem> {
  return attempt.then(
    () => {
      throw new Error('The token was not refused.')
    },
    (error) => {
      if (error instanceof Problem) return error
      throw error
    },
  )
}

describe('a token that is good', () => {
  it('yields the principal', async () => {
    const exp = seconds(60)
    expect(await authenticate(`Bearer ${await token({ exp })}`)).toEqual({
      subject: 'ada',
      scopes: ['openid', 'audits:read'],
      organizations: ['org-1', 'org-2'],
      expiresAt: exp * 1_000,
    })
  })

  it('may have any case of the scheme, further audiences and any key id', async () => {
    const given = await token({ aud: ['other', 'gatelog'] }, { kid: 'k7' })
    expect(await authenticate(`bearer ${given}`)).toMatchObject({ subject: 'ada' })
  })

  it('reads all organizations with ["*"] alone', async () => {
    expect(await authenticate(`Bearer ${await token({ org_ids: ['*'] })}`)).toMatchObject({ organizations: 'all' })
    expect(await authenticate(`Bearer ${await token({ org_ids: ['*', 'a'] })}`)).toMatchObject({
      organizations: ['*', 'a'],
    })
  })

  it('may list the organizations in a claim of another name', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA')
    const tenants = access(await singleKey(createPublicKey(await exportSPKI(publicKey))), 'https://example.com/tenants')
    const given = await token(
      { org_ids: ['*'], 'https://example.com/tenants': ['t'] },
      { by: privateKey, alg: 'EdDSA' },
    )
    expect(await tenants(`Bearer ${given}`)).toMatchObject({ organizations: ['t'] })
  })
})

describe('a request without a token', () => {
  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'abc'])('%j', async (authorization) => {
    expect(await refusal(authenticate(authorization))).toMatchObject({
      status: 401,
      code: 'TOKEN_MISSING',
      headers: { 'www-authenticate': 'Bearer realm="gatelog"' },
    })
  })
})

describe('a token that is bad', () => {
  it.each<[string, () => Promise<string>, string]>([
    ['is no JWT', async () => 'abc', 'The token is not a JWT that can be verified.'],
    ['has expired', () => token({ exp: seconds(-61) }), 'The token has expired.'],
    ['is not valid yet', () => token({ nbf: seconds(65) }), 'The token is not valid yet.'],
    ['never expires', () => token({ exp: undefined }), 'The token lacks the claim exp.'],
    ['has no subject', () => token({ sub: undefined }), 'The token lacks the claim sub.'],
    ['has an empty subject', () => token({ sub: '' }), 'The claim sub of the token must be non-empty text.'],
    ['has a number as subject', () => token({ sub: 7 }), 'The claim sub of the token must be non-empty text.'],
    [
      'has a subject with a lone surrogate',
      () => token({ sub: 'a\ud800' }),
      'The claim sub of the token must be non-empty text.',
    ],
    ['has a number as id', () => token({ jti: 7 }), 'The claim jti of the token must be text.'],
    ['has an id with a lone surrogate', () => token({ jti: '\udc00' }), 'The claim jti of the token must be text.'],
    [
      'is of another issuer',
      () => token({ iss: 'https://else' }),
      'The claim iss of the token is not the expected one.',
    ],
    ['is for another audience', () => token({ aud: 'else' }), 'The claim aud of the token is not the expected one.'],
    ['is for no audience', () => token({ aud: undefined }), 'The token lacks the claim aud.'],
    ['is signed by another key', () => token({}, { by: otherKey }), 'The signature of the token is not valid.'],
    [
      'is signed with a secret',
      () => new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1m').sign(Buffer.alloc(32, 1)),
      'The token is not signed with an accepted algorithm.',
    ],
    [
      'is not signed',
      async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await token()).split('.')[1]}.`,
      'The token is not signed with an accepted algorithm.',
    ],
    [
      'is signed for another kind of key',
      async () => token({}, { by: (await generateKeyPair('RS256')).privateKey, alg: 'RS256' }),
      'The token is not signed by a key of the issuer.',
    ],
    [
      'was altered',
      async () => {
        const [head, , signature] = (await token()).split('.')
        const claims = Buffer.from(JSON.stringify({ ...CLAIMS, exp: seconds(60), org_ids: ['*'] })).toString(
          'base64url',
        )
        return `${head}.${claims}.${signature}`
      },
      'The signature of the token is not valid.',
    ],
  ])('%s', async (_name, make, reason) => {
    const problem = await refusal(authenticate(`Bearer ${await make()}`))
    expect(problem).toMatchObject({ status: 401, code: 'TOKEN_INVALID', message: reason })
    expect(problem.headers['www-authenticate']).toBe(
      `Bearer realm="gatelog", error="invalid_token", error_description="${reason}"`,
    )
  })
})

describe('a token that may read', () => {
  it.each<Readonly<Record<string, unknown>>>([
    { scope: 'openid audits:read' },
    { scope: ['openid', 'audits:read'] },
    { scope: undefined, scp: 'openid audits:read' },
    { scope: undefined, scp: ['audits:read', 'openid'] },
    { scope: 'openid', scp: ['audits:read'] },
  ])('has the scopes %j', async (claims) => {
    const principal = await authenticate(`Bearer ${await token(claims)}`)
    expect(() => requireScope(principal, 'audits:read')).not.toThrow()
  })

  it.each([{ exp: -55 }, { nbf: 55 }])(
    'may come from a clock that differs by less than a minute: %j',
    async (claims) => {
      const given = Object.fromEntries(Object.entries(claims).map(([claim, fromNow]) => [claim, seconds(fromNow)]))
      expect(await authenticate(`Bearer ${await token(given)}`)).toMatchObject({ subject: 'ada' })
    },
  )

  it('has its own id', async () => {
    expect(await authenticate(`Bearer ${await token({ jti: 'token-7' })}`)).toMatchObject({ tokenId: 'token-7' })
    expect(await authenticate(`Bearer ${await token({ jti: '' })}`)).not.toHaveProperty('tokenId')
  })
})

describe('a token that may not read', () => {
  it.each([[undefined], [[]], ['org-1'], ['*'], [['org-1', '']], [[1]], [{}], [null], [['org-\ud800']]])(
    'has the organizations %j',
    async (org_ids) => {
      const problem = await refusal(authenticate(`Bearer ${await token({ org_ids })}`))
      expect(problem).toMatchObject({ status: 403, code: 'NO_ORGANISATION' })
      expect(problem.message).toContain('org_ids')
    },
  )

  it.each([undefined, '', 'openid', 'audits:reader audits:write', ['audits:reader'], ['openid audits:read'], 7])(
    'has the scopes %j',
    async (scope) => {
      const principal = await authenticate(`Bearer ${await token({ scope })}`)
      const problem = await refusal((async () => requireScope(principal, 'audits:read'))())
      expect(problem).toMatchObject({ status: 403, code: 'INSUFFICIENT_SCOPE' })
      expect(problem.headers['www-authenticate']).toBe(
        'Bearer realm="gatelog", error="insufficient_scope", scope="audits:read"',
      )
    },
  )
})

describe('an issuer that publishes its keys', () => {
  it('is asked once for many tokens, and again for a key that it added', async () => {
    const [first, second] = [await generateKeyPair('ES256'), await generateKeyPair('RS256')]
    const published = [{ ...(await exportJWK(first.publicKey)), kid: '1' }]
    let asked = 0
    const fetchKeys: typeof fetch = async () => {
      asked++
      return Response.json({ keys: published })
    }
    const rotating = access(publishedKeys('https://issuer.example/keys', { maxAgeMs: 86_400_000, fetchKeys }))
    const ofFirst = await token({}, { by: first.privateKey, kid: '1' })
    await rotating(`Bearer ${ofFirst}`)
    await rotating(`Bearer ${ofFirst}`)
    expect(asked).toBe(1)

    published.push({ ...(await exportJWK(second.publicKey)), kid: '2' })
    const ofSecond = await token({}, { by: second.privateKey, alg: 'RS256', kid: '2' })
    // Not within half a minute, so that invented key ids do not cause requests.
    expect(await refusal(rotating(`Bearer ${ofSecond}`))).toMatchObject({
      status: 401,
      message: 'The token is not signed by a key of the issuer.',
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
    expect(await rotating(`Bearer ${ofSecond}`)).toMatchObject({ subject: 'ada' })
    expect(asked).toBe(2)
  })

  it.each<[string, typeof fetch]>([
    ['does not answer', () => Promise.reject(new TypeError('fetch failed'))],
    ['fails', async () => new Response('', { status: 500 })],
    ['answers something else', async () => Response.json({ hello: 'world' })],
  ])('and %s is no fault of the token', async (_name, fetchKeys) => {
    const away = access(publishedKeys('https://issuer.example/keys', { maxAgeMs: 86_400_000, fetchKeys }))
    expect(await refusal(away(`Bearer ${await token()}`))).toMatchObject({
      status: 503,
      code: 'ISSUER_KEYS_UNAVAILABLE',
      headers: { 'retry-after': '5' },
    })
  })
})
