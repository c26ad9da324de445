import type { Problem } from '../../runtime/problem.js'
import type { Principal } from '../auth/bearer_tokens.js'

/** How much may be in use at once. A limit that is left out does not apply. */
export interface ConcurrencyLimits {
  readonly perPrincipal?: number
  readonly perTenant?: number
  readonly total?: number
}

/** The limit that a request exceeds, and its value. */
export interface ExceededLimit {
  readonly limit: keyof ConcurrencyLimits
  readonly value: number
}

/** Returns what was acquired. Calling it again has no effect. */
export type Release = () => void

export interface ConcurrencyLimiterOptions {
  readonly limits: ConcurrencyLimits
  /** The error for a caller whose request exceeds a limit. */
  readonly rejection: (exceeded: ExceededLimit) => Problem
}

/**
 * Bounds what is in use at once: in total, by one principal, and by one tenant. Each holder has a connection and
 * memory, so one caller must not be able to take all of it.
 */
export class ConcurrencyLimiter {
  readonly #limits: ConcurrencyLimits
  readonly #rejection: (exceeded: ExceededLimit) => Problem
  readonly #inUse = new Map<string, number>()

  constructor({ limits, rejection }: ConcurrencyLimiterOptions) {
    this.#limits = limits
    this.#rejection = rejection
  }

  /**
   * Acquires `amount` for a principal, or nothing at all.
   *
   * @throws {Problem} the rejection, when it would exceed a limit
   */
  acquire(principal: Principal, amount = 1): Release {
    const keys = keysOf(principal)
    for (const limit of ORDER) {
      const value = this.#limits[limit]
      if (value === undefined || keys[limit] === undefined) continue
      if ((this.#inUse.get(keys[limit]) ?? 0) + amount > value) throw this.#rejection({ limit, value })
    }
    const counted = Object.values(keys).filter((key) => key !== undefined)
    for (const key of counted) this.#add(key, amount)
    let held = true
    return () => {
      if (!held) return
      held = false
      for (const key of counted) this.#add(key, -amount)
    }
  }

  #add(key: string, amount: number): void {
    const left = (this.#inUse.get(key) ?? 0) + amount
    if (left === 0) this.#inUse.delete(key)
    else this.#inUse.set(key, left)
  }
}

/** The narrowest limit first: a caller learns of its own before it learns that the service is busy. */
const ORDER = ['perPrincipal', 'perTenant', 'total'] as const

/**
 * A tenant is the set of organizations that a token names. A token for two organizations counts against neither of them
 * alone: the one must not pay for the other. A token for all organizations is the operator's, and has no tenant.
 */
function keysOf({ subject, organizations }: Principal): Readonly<Record<keyof ConcurrencyLimits, string | undefined>> {
  return {
    perPrincipal: `principal ${subject}`,
    perTenant: organizations === 'all' ? undefined : `tenant ${JSON.stringify([...new Set(organizations)].sort())}`,
    total: 'total',
  }
}
