import { errors, jwtVerify } from 'jose'
import { Problem } from '../problem.js'
import { ClaimError, principalOf } from './claims.js'
import { type FindKey, KeysUnavailableError } from './issuer_keys.js'

/** The caller and its rights, from a token that was verified. */
export interface Principal {
  readonly subject: string
  readonly scopes: readonly string[]
  /** The organizations whose records the caller may read or write. */
  readonly organizations: 'all' | readonly string[]
  /** The token's own id (`jti`), where it has one. */
  readonly tokenId?: string
  /** When the token expires, in milliseconds since the epoch; absent if it never does. */
  readonly expiresAt?: number
}

export interface AccessConfig {
  readonly issuer: string
  readonly audience: string
  /** The claim that lists the principal's organizations. */
  readonly organizationsClaim: string
  readonly findKey: FindKey
}

/**
 * Verifies an `Authorization` header.
 *
 * @throws {Problem} 401 or 403 with the reason, 503 if the issuer's keys are unavailable
 */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>

/** Asymmetric signatures only: with a shared secret, a service that verifies tokens could also make them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** How far the clocks of the issuer and of this service may differ. */
const CLOCK_TOLERANCE_SECONDS = 60

/** Bearer tokens (RFC 6750) that are JWTs of one issuer, for one audience, with an expiry. */
export function bearerTokens({ issuer, audience, organizationsClaim, findKey }: AccessConfig): Authenticate {
  return async (authorization) => {
    const token = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw unauthenticated()
    try {
      const { payload } = await jwtVerify(token, findKey, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      })
      return principalOf(payload, organizationsClaim)
    } catch (error) {
      if (error instanceof Problem) throw error
      if (error instanceof KeysUnavailableError) throw keysUnavailable(error)
      throw unauthenticated(reasonOf(error))
    }
  }
}

/** What a token may allow: to read records, to export them, and to write them. */
export type Scope = 'audits:read' | 'audits:export' | 'audits:write'

/** @throws {Problem} 403 `INSUFFICIENT_SCOPE` when the principal's token lacks `scope` */
export function requireScope({ scopes }: Principal, scope: Scope): void {
  if (scopes.includes(scope)) return
  throw new Problem(403, 'INSUFFICIENT_SCOPE', `The token needs the scope ${scope}.`, {
    'www-authenticate': `Bearer realm="gatelog", error="insufficient_scope", scope="${scope}"`,
  })
}

/** Without a reason, there was no token: RFC 6750 (section 3.1) wants no error code then. */
function unauthenticated(reason?: string): Problem {
  return reason === undefined
    ? new Problem(401, 'TOKEN_MISSING', 'Give a token: Authorization: Bearer <JWT>.', {
        'www-authenticate': 'Bearer realm="gatelog"',
      })
    : new Problem(401, 'TOKEN_INVALID', reason, {
        'www-authenticate': `Bearer realm="gatelog", error="invalid_token", error_description="${reason}"`,
      })
}

function keysUnavailable(cause: KeysUnavailableError): Problem {
  const problem = new Problem(
    503,
    cause.code,
    'The token cannot be verified now: the keys of its issuer are unavailable.',
    {
      'retry-after': '5',
    },
  )
  problem.cause = cause
  return problem
}

/** Why a token is rejected. It is part of a header, so it is ASCII without quotation marks. */
function reasonOf(error: unknown): string {
  if (error instanceof ClaimError) return error.message
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'The token is not valid yet.'
    return error.reason === 'missing'
      ? `The token lacks the claim ${error.claim}.`
      : `The claim ${error.claim} of the token is not the expected one.`
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is not valid.'
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is not signed by a key of the issuer.'
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not name its key (kid), and the issuer has several.'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The token is not signed with an accepted algorithm.'
  return 'The token is not a JWT that can be verified.'
}
