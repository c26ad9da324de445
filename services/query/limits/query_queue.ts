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
  /**
   * How long a query may wait for those of all others, in milliseconds. One that would wait longer is refused at once:
   * under overload, waiting would make every answer late and refuse as many.
   */
  readonly maxBusyWaitMs?: number
  /** A monotonic clock, in milliseconds. */
  readonly clock?: () => number
}

const WAITING: ConcurrencyLimits = { perPrincipal: 64, perTenant: 128, total: 512 }

interface Waiting {
  readonly turn: AbortController
  /** What the query holds while it runs. */
  readonly holding: Holding
}

/** The queries of one request: the first that runs makes those after it urgent. */
interface Asking {
  begun: boolean
}

/**
 * Bounds the queries that run at once for one principal, for one tenant, and in total, and with them the memory and
 * the threads of the database that a tenant can use. Queries beyond wait in order of arrival, but one whose tenant is
 * at its limit does not hold up those of others. The queries of a request that has begun go first, so that the work
 * that was done for it is not lost.
 */
export class QueryQueue {
  readonly #running: ConcurrencyLimiter
  readonly #places: ConcurrencyLimiter
  readonly #maxWaitMs: number
  readonly #maxBusyWaitMs: number
  readonly #clock: () => number
  readonly #urgent = new Set<Waiting>()
  readonly #waiting = new Set<Waiting>()
  /** How long queries take, in milliseconds: a mean in which the last ones count most. */
  #duration = 0

  constructor({ running, waiting = WAITING, maxWaitMs, maxBusyWaitMs, clock }: QueryQueueOptions) {
    this.#running = new ConcurrencyLimiter(running, tooManyQueries)
    this.#places = new ConcurrencyLimiter(waiting, tooManyQueries)
    this.#maxWaitMs = maxWaitMs ?? MAX_DELAY_MS
    this.#maxBusyWaitMs = Math.min(maxBusyWaitMs ?? MAX_DELAY_MS, this.#maxWaitMs)
    this.#clock = clock ?? (() => performance.now())
  }

  /** The database for the queries of one request of a principal. */
  databaseFor(principal: Principal, database: Database): Database {
    const asking: Asking = { begun: false }
    return {
      rows: (query, signal, ...options) =>
        this.run(principal, signal, () => database.rows(query, signal, ...options), asking),
    }
  }

  /**
   * Runs a query when its turn comes.
   *
   * @throws {Problem} 429 `TOO_MANY_QUERIES` or 503 `SERVICE_BUSY`, when too many wait or it would wait too long
   * @throws {DatabaseError} `QUERY_CANCELLED`, when `signal` aborts before
   */
  async run<T>(
    principal: Principal,
    signal: AbortSignal,
    query: () => Promise<T>,
    asking: Asking = { begun: false },
  ): Promise<T> {
    const holding = this.#running.hold(principal)
    const exceeded = holding.tryGrow(1)
    if (exceeded !== undefined) await this.#wait(principal, holding, signal, { exceeded, urgent: asking.begun })
    asking.begun = true
    const began = this.#clock()
    try {
      return await query()
    } finally {
      this.#duration += WEIGHT * (this.#clock() - began - this.#duration)
      holding.release()
      this.#startNext()
    }
  }

  async #wait(
    principal: Principal,
    holding: Holding,
    signal: AbortSignal,
    { exceeded, urgent }: { readonly exceeded: ExceededLimit; readonly urgent: boolean },
  ): Promise<void> {
    const isBusy = exceeded.limit === 'total' && !urgent
    if (isBusy && this.#expectedWait(exceeded.value) > this.#maxBusyWaitMs) throw tooManyQueries(exceeded)
    const leave = this.#places.acquire(principal)
    // Aborted when the query's turn comes, which ends the delay.
    const turn = new AbortController()
    const waiting: Waiting = { holding, turn }
    const line = urgent ? this.#urgent : this.#waiting
    line.add(waiting)
    const end = AbortSignal.any([signal, turn.signal])
    await delay(isBusy ? this.#maxBusyWaitMs : this.#maxWaitMs, undefined, { signal: end }).catch(() => undefined)
    line.delete(waiting)
    leave()
    // Also when the caller left, or the time was over, in the same moment: what it holds must be released.
    if (turn.signal.aborted) return
    if (signal.aborted) throw databaseErrorOf(signal.reason, signal)
    const stillExceeded = holding.tryGrow(1)
    if (stillExceeded !== undefined) throw tooManyQueries(stillExceeded)
  }

  /** How long one more query would wait, if all who wait are served before it, so many at once. */
  #expectedWait(atOnce: number): number {
    return ((this.#urgent.size + this.#waiting.size) * this.#duration) / atOnce
  }

  #startNext(): void {
    for (const line of [this.#urgent, this.#waiting]) {
      for (const waiting of line) {
        const exceeded = waiting.holding.tryGrow(1)
        if (exceeded?.limit === 'total') return
        if (exceeded !== undefined) continue
        line.delete(waiting)
        waiting.turn.abort()
      }
    }
  }
}

/** How much the last query counts in the mean duration. */
const WEIGHT = 0.1

/** The longest delay of a timer. */
const MAX_DELAY_MS = 2 ** 31 - 1

function tooManyQueries({ limit, value }: ExceededLimit): Problem {
  if (limit === 'total') {
    return new Problem(503, 'SERVICE_BUSY', 'The service runs as many queries as it may. Try again in a second.', RETRY)
  }
  const owner = limit === 'perPrincipal' ? 'You have' : 'Your organization has'
  const message = `${owner} ${value} queries running or waiting, which is the limit. Send the next when one has ended.`
  return new Problem(429, 'TOO_MANY_QUERIES', message, RETRY)
}

const RETRY = { 'retry-after': '1' }
