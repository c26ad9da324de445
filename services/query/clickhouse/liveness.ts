import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './database.js'
import { DatabaseError } from './errors.js'

export interface LivenessOptions {
  /** Whether the database answers at all; it must settle by itself, within `PING_TIMEOUT_MS`. */
  readonly ping: () => Promise<boolean>
  /** How long a call may take before the database is pinged, and the pause between pings, in milliseconds. */
  readonly intervalMs?: number
}

export const PING_TIMEOUT_MS = 3_000
const INTERVAL_MS = 1_000

/**
 * Ends calls to a database that hangs. A query may rightly take long, so its silence says nothing: while calls take
 * longer than a second, the database is pinged. If it does not answer, all calls fail at once, and new ones until it
 * answers again. A caller so gets an answer within five seconds.
 */
export class Liveness {
  readonly #ping: () => Promise<boolean>
  readonly #intervalMs: number
  readonly #calls = new Map<AbortController, number>()
  #checking = false
  #hangs = false

  constructor({ ping, intervalMs = INTERVAL_MS }: LivenessOptions) {
    this.#ping = ping
    this.#intervalMs = intervalMs
  }

  /**
   * Runs `call` with a signal that aborts when `signal` does, or when the database hangs.
   *
   * @throws {DatabaseError} `STORE_UNAVAILABLE` with the reason `NO_ANSWER`, when the database hangs
   */
  async guard<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#hangs) throw noAnswer()
    const controller = new AbortController()
    this.#calls.set(controller, performance.now())
    void this.#check()
    try {
      return await call(AbortSignal.any([signal, controller.signal]))
    } finally {
      this.#calls.delete(controller)
    }
  }

  async #check(): Promise<void> {
    if (this.#checking) return
    this.#checking = true
    while (this.#calls.size > 0 || this.#hangs) {
      await delay(this.#intervalMs, undefined, { ref: false })
      const slow = [...this.#calls].filter(([, startedAt]) => performance.now() - startedAt >= this.#intervalMs / 2)
      if (slow.length === 0 && !this.#hangs) continue
      this.#hangs = !(await this.#ping().catch(() => false))
      if (!this.#hangs) continue
      for (const controller of this.#calls.keys()) controller.abort(noAnswer())
    }
    this.#checking = false
  }
}

function noAnswer(): DatabaseError {
  return new DatabaseError('STORE_UNAVAILABLE', 'NO_ANSWER')
}

/** The database, with calls that end when it hangs. */
export function guardDatabase(database: Database, liveness: Liveness): Database {
  return {
    rows: (query, signal, maxBytes, reserve) =>
      liveness.guard(signal, (guarded) => database.rows(query, guarded, maxBytes, reserve)),
  }
}
