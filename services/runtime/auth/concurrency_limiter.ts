import type { Problem } from '../problem.js'
import type { Principal } from './bearer_tokens.js'
import { tenantOf } from './tenant.js'

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
  /** Whether the amount exceeds the limit by itself, so that waiting for others does not help. */
  readonly alone: boolean
}

/** Returns what was acquired. Calling it again has no effect. */
export type Release = () => void

/** An amount that a principal holds and that can grow. */
export interface Holding {
  /** Acquires `more`, or nothing at all. Returns the limit that it would exceed, or undefined when it was acquired. */
  tryGrow(more: number): ExceededLimit | undefined
  /**
   * Returns all of it, and ends the holding: what is acquired later does not count, because nothing would return it.
   */
  release(): void
}

/**
 * Bounds what is in use at once: in total, by one principal, and by one tenant. Each holder has a connection and
 * memory, so one caller must not be able to take all of it.
 */
export class ConcurrencyLimiter {
  readonly #limits: ConcurrencyLimits
  readonly #rejection: (exceeded: ExceededLimit) => Problem
  readonly #inUse = new Map<string, number>()

  /** @param rejection the error for a caller whose request exceeds a limit */
  constructor(limits: ConcurrencyLimits, rejection: (exceeded: ExceededLimit) => Problem) {
    this.#limits = limits
    this.#rejection = rejection
  }

  /**
   * Acquires one for a principal.
   *
   * @throws {Problem} the rejection, when it would exceed a limit
   */
  acquire(principal: Principal): Release {
    const holding = this.hold(principal)
    const exceeded = holding.tryGrow(1)
    if (exceeded !== undefined) throw this.#rejection(exceeded)
    return () => holding.release()
  }

  /** Starts to hold something for a principal: nothing at first. */
  hold(principal: Principal): Holding {
    const keys = keysOf(principal)
    let amount = 0
    let released = false
    return {
      tryGrow: (more) => {
        if (released) return undefined
        for (const [limit, key] of keys) {
          const value = this.#limits[limit] ?? Number.POSITIVE_INFINITY
          if ((this.#inUse.get(key) ?? 0) + more > value) return { limit, value, alone: amount + more > value }
        }
        for (const [, key] of keys) this.#add(key, more)
        amount += more
        return undefined
      },
      release: () => {
        for (const [, key] of keys) this.#add(key, -amount)
        amount = 0
        released = true
      },
    }
  }

  #add(key: string, amount: number): void {
    const left = (this.#inUse.get(key) ?? 0) + amount
    if (left === 0) this.#inUse.delete(key)
    else this.#inUse.set(key, left)
  }
}

/**
 * What an acquisition counts against, the narrowest limit first: a caller learns of its own before it learns that the
 * service is busy.
 */
function keysOf(principal: Principal): readonly (readonly [keyof ConcurrencyLimits, string])[] {
  return [
    ['perPrincipal', `principal ${principal.subject}`],
    ['perTenant', `tenant ${tenantOf(principal)}`],
    ['total', 'total'],
  ]
}
