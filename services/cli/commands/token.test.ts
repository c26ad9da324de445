import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jwtVerify } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { signToken } from './token.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-token-'))
const file = join(dir, 'issuer.pem')
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
afterAll(() => rmSync(dir, { recursive: true }))

const issuer = { issuer: 'urn:gatelog:local', audience: 'gatelog', private_key_file: file }

async function claimsOf(grant: Parameters<typeof signToken>[1]) {
  const token = await signToken(issuer, grant)
  const { payload, protectedHeader } = await jwtVerify(token, createPublicKey(privateKey), {
    issuer: issuer.issuer,
    audience: issuer.audience,
  })
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT' })
  return payload
}

test('a token without --org covers all organizations', async () => {
  const { org_ids, scope, sub, iat = 0, exp = 0 } = await claimsOf({ scope: ['audits:read'], ttl: 60 })
  expect({ org_ids, scope, sub }).toEqual({ org_ids: ['*'], scope: 'audits:read', sub: 'gatelog-cli' })
  expect(exp - iat).toBe(60)
})

test('the token has the given organizations and scopes', async () => {
  const { org_ids, scope } = await claimsOf({ org: ['a', 'b'], scope: ['audits:read', 'audits:export'], ttl: 60 })
  expect({ org_ids, scope }).toEqual({ org_ids: ['a', 'b'], scope: 'audits:read audits:export' })
})

test('a key file that cannot be read is an error', async () => {
  const lost = { ...issuer, private_key_file: join(dir, 'lost.pem') }
  await expect(signToken(lost, { scope: [], ttl: 60 })).rejects.toMatchObject({ code: 'ISSUER_KEY_UNREADABLE' })
})
