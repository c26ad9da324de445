import type { Principal } from './bearer_tokens.js'

/**
 * The tenant that limits count a principal toward: the set of organizations that its token names. A token for two
 * organizations counts toward neither of them alone: the one must not pay for the other. The tokens for all
 * organizations are one tenant.
 */
export function tenantOf({ organizations }: Principal): string {
  return JSON.stringify(organizations === 'all' ? 'all' : [...new Set(organizations)].sort())
}
