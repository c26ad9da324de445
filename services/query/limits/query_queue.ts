import { setTimeout as delay } from 'node:timers/promises'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import {
  ConcurrencyLimiter,
  type ConcurrencyLimits,
  type ExceededLimit,
  type Holding,
} from '../../runtime/auth/concurrency_limiter.js'
import { Problem } from '../../runtime/problem.js'
import type { Database } from '../clickhouse/database.js'
import { databaseErrorOf } from '../clickhouse/errors.js'

export interface QueryQueueOptions {
  /** The queries that may run at once. */
  readonly running: ConcurrencyLimits
  /** The queries that may wait for others to end. */
  readonly waiting?: ConcurrencyLimits
  /** How long a query may wait, in milliseconds; without it, until its caller leaves. */
  readonly maxWaitMs?: number
}

const WAITING: ConcurrencyLimits = { perPrincipal: 64, perTenant: 128, total: 512 }

interface Waiting {
  readonly turn: AbortController
  /** What the query holds while it runs. */
  readonly holding: Holding
}

/**
 * Bounds the queries that run at once for one principal, for one tenant, and in total, and with them the memory and
 * the threads of the database that a tenant can use. Queries beyond wait in order of arrival, but one whose tenant is
 * at its limit does not hold up those of others.
 */
export class QueryQueue {
  readonly #running: ConcurrencyLimiter
  readonly #places: ConcurrencyLimiter
  readonly #maxWaitMs: number | undefined
  readonly #waiting = new Set<Waiting>()

  constructor({ running, waiting = WAITING, maxWaitMs }: QueryQueueOptions) {
    this.#running = new ConcurrencyLimiter(running, tooManyQueries)
    this.#places = new ConcurrencyLimiter(waiting, tooManyQueries)
    this.#maxWaitMs = maxWaitMs
  }

  /** The database for one principal's queries. */
  databaseFor(principal: Principal, database: Database): Database {
    return {
      rows: (query, signal, ...options) => this.run(principal, signal, () => database.rows(query, signal, ...options)),
    }
  }

  /**
   * Runs a query when its turn comes.
   *
   * @throws {Problem} 429 `TOO_MANY_QUERIES` or 503 `SERVICE_BUSY`, when too many wait or it waited too long
   * @throws {DatabaseError} `QUERY_CANCELLED`, when `signal` aborts before
   */
  async run<T>(principal: Principal, signal: AbortSignal, query: () => Promise<T>): Promise<T> {
    const holding = this.#running.hold(principal)
    if (holding.tryGrow(1) !== undefined) await this.#wait(principal, holding, signal)
    try {
      return await query()
    } finally {
      holding.release()
      this.#startNext()
    }
  }

  async #wait(principal: Principal, holding: Holding, signal: AbortSignal): Promise<void> {
    const leave = this.#places.acquire(principal)
    // Aborted when the query's turn comes, which ends the delay.
    const turn = new AbortController()
    const waiting: Waiting = { holding, turn }
    this.#waiting.add(waiting)
    const end = AbortSignal.any([signal, turn.signal])
    await delay(this.#maxWaitMs ?? MAX_DELAY_MS, undefined, { signal: end }).catch(() => undefined)
    this.#waiting.delete(waiting)
    leave()
    // Also when the caller left, or the time was over, in the same moment: what it holds must be released.
    if (turn.signal.aborted) return
    if (signal.aborted) throw databaseErrorOf(signal.reason, signal)
    const exceeded = holding.tryGrow(1)
    if (exceeded !== undefined) throw tooManyQueries(exceeded)
  }

  #startNext(): void {
    for (const waiting of this.#waiting) {
      const exceeded = waiting.holding.tryGrow(1)
      if (exceeded?.limit === 'total') return
      if (exceeded !== undefined) continue
      this.#waiting.delete(waiting)
      waiting.turn.abort()
    }
  }
}

/** The longest delay of a timer. */
const MAX_DELAY_MS = 2 ** 31 - 1

function tooManyQueries({ limit, value }: ExceededLimit): Problem {
  if (limit === 'total') {
    return new Problem(503, 'SERVICE_BUSY', 'The service runs as many queries as it may. Try again later.', RETRY)
  }
  const owner = limit === 'perPrincipal' ? 'You have' : 'Your organization has'
  const message = `${owner} ${value} queries running or waiting, which is the limit. Send the next when one has ended.`
  return new Problem(429, 'TOO_MANY_QUERIES', message, RETRY)
}

const RETRY = { 'retry-after': '1' }
