import type { z } from 'zod'
import { type AuthConfig, authConfig, checkIssuerKey } from '../../runtime/auth/config.js'
import { configuredRate, type LimitRate, limitRateOf } from '../../runtime/auth/rate_limit.js'
import { integer } from '../../runtime/env.js'
import { apiKeys } from './api_keys.js'

/** Who may write records over HTTP, and how often. */
export const recordsConfig = {
  ...authConfig,
  AUTH_ISSUER: authConfig.AUTH_ISSUER.optional().describe(
    'The issuer of the tokens that may write records: their claim `iss`; without it, only API keys may',
  ),
  AUTH_ORG_CLAIM: authConfig.AUTH_ORG_CLAIM.describe(
    'The claim that lists the organizations whose records the caller may write; `["*"]` for all',
  ),
  API_KEYS: apiKeys
    .optional()
    .describe('The API keys that may write records, as a JSON array; give its path in `API_KEYS_FILE`. See http.md'),
  COLLECTOR_RATE_PER_SECOND: integer(0, 1_000_000)
    .default(50)
    .describe('Requests a second that a writer (an API key, or the claim `sub`) may make on average; 0 for no limit'),
  COLLECTOR_RATE_BURST: integer(1, 1_000_000).default(200).describe('Requests that a writer may make at once'),
  COLLECTOR_RATE_PER_SECOND_OF_TENANT: integer(0, 1_000_000)
    .default(200)
    .describe('Requests a second that all writers of a tenant may make on average; 0 for no limit'),
  COLLECTOR_RATE_BURST_OF_TENANT: integer(1, 1_000_000)
    .default(800)
    .describe('Requests that all writers of a tenant may make at once'),
}

export type RecordsConfig = z.output<z.ZodObject<typeof recordsConfig>>

/** For the collector's schema: an issuer has one key setting, and key settings have an issuer. */
export function checkRecords(config: Partial<RecordsConfig>, context: z.RefinementCtx): void {
  const { AUTH_ISSUER, AUTH_JWKS_URL, AUTH_PUBLIC_KEY } = config
  if (AUTH_ISSUER !== undefined) checkIssuerKey({ AUTH_JWKS_URL, AUTH_PUBLIC_KEY }, context)
  else if (AUTH_JWKS_URL !== undefined || AUTH_PUBLIC_KEY !== undefined) {
    context.addIssue({ code: 'custom', path: ['AUTH_ISSUER'], message: 'is required with a key of the issuer' })
  }
}

/** The issuer whose tokens may write, if there is one. */
export function issuerOf(config: RecordsConfig): AuthConfig | undefined {
  const { AUTH_ISSUER } = config
  return AUTH_ISSUER === undefined ? undefined : { ...config, AUTH_ISSUER }
}

export function writeRate(config: RecordsConfig): LimitRate {
  return limitRateOf(
    configuredRate(config.COLLECTOR_RATE_PER_SECOND, config.COLLECTOR_RATE_BURST),
    configuredRate(config.COLLECTOR_RATE_PER_SECOND_OF_TENANT, config.COLLECTOR_RATE_BURST_OF_TENANT),
    'send more records at a time to ask less often',
  )
}
