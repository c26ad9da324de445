import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import {
  ConcurrencyLimiter,
  type ConcurrencyLimits,
  type ExceededLimit,
  type Holding,
} from '../../runtime/auth/concurrency_limiter.js'
import { Problem } from '../../runtime/problem.js'
import type { Database } from '../clickhouse/database.js'

export interface AnswerMemoryOptions {
  /** In bytes. */
  readonly limits: ConcurrencyLimits
  /** How long an answer waits for memory, in milliseconds. */
  readonly waitMs?: number
}

/** An answer that waits for memory. */
interface Waiter {
  readonly tryAgain: () => boolean
}

/**
 * Bounds the memory of all answers, from when they are read from the database until their responses are closed. So
 * callers that do not read cannot hold more than this. An answer that does not fit waits a moment: the others are read
 * within milliseconds, unless their callers are slow.
 */
export class AnswerMemory {
  readonly #limiter: ConcurrencyLimiter
  readonly #waiting = new ConcurrencyLimiter(WAITING_LIMITS, rejection)
  readonly #waiters = new Set<Waiter>()
  readonly #waitMs: number

  constructor({ limits, waitMs = 5_000 }: AnswerMemoryOptions) {
    this.#limiter = new ConcurrencyLimiter(limits, rejection)
    this.#waitMs = waitMs
  }

  /** The database for one request: the rows that it returns are in memory until the response is closed. */
  forRequest(database: Database, { principal }: FastifyRequest, { raw }: FastifyReply): Database {
    const { database: limited, release } = this.forAnswer(database, principal)
    raw.once('close', release)
    return limited
  }

  /** The database for one answer to a principal: the rows that it returns are in memory until `release` is called. */
  forAnswer(database: Database, principal: Principal): { readonly database: Database; readonly release: () => void } {
    const holding = this.#limiter.hold(principal)
    const limited: Database = {
      rows: (query, signal, maxBytes) =>
        database.rows(query, signal, maxBytes, (rows, bytes) =>
          this.#reserve(holding, principal, bytes + rows * ROW_BYTES, signal),
        ),
    }
    const release = (): void => {
      holding.release()
      for (const waiter of this.#waiters) if (waiter.tryAgain()) this.#waiters.delete(waiter)
    }
    return { database: limited, release }
  }

  /** @throws {Problem} 422, 429 or 503 when there is no memory */
  async #reserve(holding: Holding, principal: Principal, bytes: number, signal: AbortSignal): Promise<void> {
    const exceeded = holding.tryGrow(bytes)
    if (exceeded === undefined) return
    if (exceeded.alone) throw rejection(exceeded)
    // An answer that waits has a connection to the database, so only a few may.
    const waiting = this.#waiting.hold(principal)
    if (waiting.tryGrow(1) !== undefined) throw rejection(exceeded)
    try {
      await new Promise<void>((resolve, reject) => {
        const giveUp = (): void => {
          this.#waiters.delete(waiter)
          reject(rejection(exceeded))
        }
        const timer = setTimeout(giveUp, this.#waitMs)
        signal.addEventListener('abort', giveUp, { once: true })
        const waiter = {
          tryAgain: () => {
            if (holding.tryGrow(bytes) !== undefined) return false
            clearTimeout(timer)
            signal.removeEventListener('abort', giveUp)
            resolve()
            return true
          },
        }
        this.#waiters.add(waiter)
      })
    } finally {
      waiting.release()
    }
  }
}

/** How many answers may wait for memory. The service has 32 connections to the database. */
const WAITING_LIMITS: ConcurrencyLimits = { total: 8, perTenant: 4, perPrincipal: 2 }

/** What a row takes besides its text: an array, its strings, and the record that is made of it. */
const ROW_BYTES = 1_024

/** The limits for a total of so many bytes: one principal, or one tenant, leaves some of it to the others. */
export function answerLimits(total: number): ConcurrencyLimits {
  return { total, perTenant: Math.floor(total * 0.75), perPrincipal: Math.floor(total * 0.55) }
}

function rejection({ limit, value, alone }: ExceededLimit): Problem {
  if (alone) {
    const message = `The answer is larger than ${mebibytes(value)}. Narrow it: a smaller limit, or one more filter.`
    return new Problem(422, 'QUERY_TOO_LARGE', message)
  }
  if (limit === 'total') {
    const message = 'The service holds as many answers as it can. Try again later.'
    return new Problem(503, 'ANSWERS_EXHAUSTED', message, RETRY)
  }
  const owner = limit === 'perPrincipal' ? 'You have' : 'Your organization has'
  const message = `${owner} ${mebibytes(value)} of unread answers, which is the limit. Read them, or ask for less at once.`
  return new Problem(429, 'TOO_MANY_UNREAD', message, RETRY)
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

const RETRY = { 'retry-after': '5' }
