import { createHash, timingSafeEqual } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { z } from 'zod'
import { httpUrl } from '../../../runtime/env.js'

export const jwtOptions = z.object({
  issuers: z.array(httpUrl).min(1).describe('The realms whose tokens are accepted: their `iss`'),
  audience: z.string().optional().describe('The `aud` that the tokens must have'),
})

/** The claim that binds a token to one body, so that it cannot be sent with another. */
const BODY_HASH = 'request_body_sha256'
const CLOCK_TOLERANCE_SECONDS = 60

/**
 * Verifies the tokens that newer versions of the extension sign with the realm's own key: a JWT whose claim has the
 * SHA-256 of the body. The keys are the realm's, at `<issuer>/protocol/openid-connect/certs`.
 */
export function bodyTokenVerifier({ issuers, audience }: z.output<typeof jwtOptions>) {
  const keys = new Map(
    issuers.map((issuer) => [issuer, createRemoteJWKSet(new URL(`${issuer}/protocol/openid-connect/certs`))]),
  )

  return async (authorization: string | undefined, body: Buffer): Promise<boolean> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return false
    for (const [issuer, key] of keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          issuer,
          ...(audience === undefined ? {} : { audience }),
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ['exp', BODY_HASH],
        })
        if (isHashOf(payload[BODY_HASH], body)) return true
      } catch {
        // Of another issuer, or not valid.
      }
    }
    return false
  }
}

function isHashOf(claim: unknown, body: Buffer): boolean {
  if (typeof claim !== 'string' || !/^[0-9a-f]{64}$/i.test(claim)) return false
  return timingSafeEqual(Buffer.from(claim, 'hex'), createHash('sha256').update(body).digest())
}
