import type { JWTPayload } from 'jose'
import { z } from 'zod'
import { Problem } from '../problem.js'
import type { Principal } from './bearer_tokens.js'

/**
 * Thrown for a claim that makes the token invalid. The message is ASCII without quotation marks: it goes into a header.
 */
export class ClaimError extends Error {
  override readonly name = 'ClaimError'
}

/**
 * Text without lone surrogates. They become U+FFFD in UTF-8, so an id with one would equal another id in the database.
 */
const text = z.string().refine((value) => value.isWellFormed())
const nonEmptyText = text.min(1)
const organizationIds = z.array(nonEmptyText).nonempty()
/** Scopes as RFC 8693 (section 4.2) has them, separated by spaces, or as an array. */
const scopes = z.union([z.string().transform((value) => value.split(' ')), z.array(z.string())])

/**
 * The principal of a token that was verified.
 *
 * @throws {ClaimError} if `sub` or `jti` is invalid
 * @throws {Problem} 403 `NO_ORGANISATION` if the token names no organization: it may read nothing, never everything
 */
export function principalOf(payload: JWTPayload, organizationsClaim: string): Principal {
  const subject = nonEmptyText.safeParse(payload.sub)
  if (!subject.success) throw new ClaimError('The claim sub of the token must be non-empty text.')
  const tokenId = text.optional().safeParse(payload.jti)
  if (!tokenId.success) throw new ClaimError('The claim jti of the token must be text.')
  const organizations = organizationIds.safeParse(payload[organizationsClaim])
  if (!organizations.success) {
    throw new Problem(
      403,
      'NO_ORGANISATION',
      `The token names no organization: its claim ${organizationsClaim} must be an array of organization ids, or ["*"] for all.`,
    )
  }
  const { exp } = payload
  return {
    subject: subject.data,
    // Okta and Microsoft Entra ID call the claim scp.
    scopes: [...scopesIn(payload.scope), ...scopesIn(payload.scp)],
    organizations: organizations.data.length === 1 && organizations.data[0] === '*' ? 'all' : organizations.data,
    ...(tokenId.data ? { tokenId: tokenId.data } : {}),
    ...(exp === undefined ? {} : { expiresAt: exp * 1_000 }),
  }
}

function scopesIn(claim: unknown): readonly string[] {
  const parsed = scopes.safeParse(claim)
  return parsed.success ? parsed.data.filter((scope) => scope !== '') : []
}
