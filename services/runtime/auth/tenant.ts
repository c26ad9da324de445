import type { Principal } from './bearer_tokens.js'

/**
 * The tenant that limits count a principal toward: the set of organizations that its token names. A token for two
 * organizations counts toward neither of them alone: the one must not pay for the other. A token for all organizations
 * is the operator's, and has no tenant.
 */
export function tenantOf({ organizations }: Principal): string | undefined {
  return organizations === 'all' ? undefined : JSON.stringify([...new Set(organizations)].sort())
}
