import { createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { httpUrl, integer } from '../env.js'
import type { Telemetry } from '../telemetry.js'
import { type Authenticate, bearerTokens } from './bearer_tokens.js'
import { createAuthEvents } from './events.js'
import { type FindKey, publishedKeys, singleKey } from './issuer_keys.js'

/** A public key as PEM. A private key is rejected: the service must not have one. */
const publicKey = z.string().transform((pem, context): KeyObject => {
  try {
    if (/PRIVATE KEY/.test(pem)) throw new Error('private')
    return createPublicKey(pem)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a public key as PEM (-----BEGIN PUBLIC KEY-----)' })
    return z.NEVER
  }
})

/** Whose tokens a service accepts. */
export const authConfig = {
  AUTH_ISSUER: z.string().describe('The issuer of the tokens: their claim `iss`'),
  AUTH_AUDIENCE: z.string().default('gatelog').describe('The audience of the tokens: their claim `aud`'),
  AUTH_JWKS_URL: httpUrl.optional().describe('Where the issuer publishes its keys; this or `AUTH_PUBLIC_KEY`'),
  AUTH_JWKS_MAX_AGE_SECONDS: integer(600, 30 * 86_400)
    .default(86_400)
    .describe('How long the last fetched keys are used while the issuer is away, in seconds'),
  AUTH_PUBLIC_KEY: publicKey.optional().describe('The issuer’s public key as PEM (SPKI); this or `AUTH_JWKS_URL`'),
  AUTH_ORG_CLAIM: z
    .string()
    .default('org_ids')
    .describe('The claim that lists the organizations whose records the caller may read; `["*"]` for all'),
}

export type AuthConfig = z.output<z.ZodObject<typeof authConfig>>

/** For a service's schema: exactly one setting says which keys the issuer has. */
export function checkIssuerKey(config: Partial<AuthConfig>, context: z.RefinementCtx): void {
  if ((config.AUTH_JWKS_URL === undefined) !== (config.AUTH_PUBLIC_KEY === undefined)) return
  context.addIssue({
    code: 'custom',
    path: ['AUTH_JWKS_URL'],
    message: 'set it or AUTH_PUBLIC_KEY: exactly one of the two',
  })
}

/** Verifies the tokens of the issuer that is configured. */
export async function authenticateTokens(
  config: AuthConfig,
  telemetry: Telemetry,
  service: string,
): Promise<Authenticate> {
  return bearerTokens({
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    organizationsClaim: config.AUTH_ORG_CLAIM,
    findKey: await keysOf(config, telemetry, service),
  })
}

async function keysOf(config: AuthConfig, telemetry: Telemetry, service: string): Promise<FindKey> {
  const { AUTH_JWKS_URL, AUTH_JWKS_MAX_AGE_SECONDS, AUTH_PUBLIC_KEY } = config
  const events = createAuthEvents(telemetry, service)
  if (AUTH_PUBLIC_KEY !== undefined) return singleKey(AUTH_PUBLIC_KEY)
  if (AUTH_JWKS_URL !== undefined) {
    return publishedKeys(AUTH_JWKS_URL, {
      maxAgeMs: AUTH_JWKS_MAX_AGE_SECONDS * 1_000,
      fetched: events.keysFetched,
      failed: events.keysNotFetched,
    })
  }
  throw new Error('The configuration has no key, although its schema requires one.')
}
