import { ClickHouseError } from '@clickhouse/client'
import { clickHouseErrorKind, clickHouseErrorName } from '../../runtime/clickhouse_errors.js'
import { Problem } from '../../runtime/problem.js'

export type StoreErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'SERVICE_BUSY'
  | 'QUERY_TOO_LARGE'
  | 'QUERY_CANCELLED'
  | 'QUERY_FAILED'

/**
 * Thrown when a query fails. `reason` is the name of ClickHouse's or the system's error. The text of the error is
 * dropped, because it quotes the query's values and the rows.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'

  constructor(
    readonly code: StoreErrorCode,
    readonly reason: string,
  ) {
    super(`ClickHouse: ${reason}`)
  }

  get retriable(): boolean {
    return this.code === 'STORE_UNAVAILABLE' || this.code === 'SERVICE_BUSY'
  }
}

/** Errors of ClickHouse (`src/Common/ErrorCodes.cpp`) that a narrower query would avoid. */
const TOO_LARGE: ReadonlySet<string> = new Set([
  'TOO_MANY_ROWS',
  'TIMEOUT_EXCEEDED',
  'TOO_SLOW',
  'MEMORY_LIMIT_EXCEEDED',
  'TOO_MANY_BYTES',
  'TOO_MANY_ROWS_OR_BYTES',
])

/** Errors that say that the database has as many queries as it takes: of all, or of the service's user. */
const BUSY: ReadonlySet<string> = new Set(['TOO_MANY_SIMULTANEOUS_QUERIES', 'SERVER_OVERLOADED'])

/**
 * How ClickHouse says that other queries have the memory, and not the one that fails: "User memory limit exceeded" or
 * "(total) memory limit exceeded".
 */
const MEMORY_OF_OTHERS = /(?:\buser|\(total\)) memory limit exceeded/i

/**
 * Maps an error of the ClickHouse client. `signal` is the query's own; the reason of its abort says who ended the
 * query.
 */
export function databaseErrorOf(error: unknown, signal: AbortSignal): DatabaseError {
  if (signal.aborted) return abortedError(signal.reason)
  if (!(error instanceof ClickHouseError)) {
    // No answer, or not one of ClickHouse's: a connection error.
    return new DatabaseError('STORE_UNAVAILABLE', (error as NodeJS.ErrnoException).code ?? 'no answer')
  }
  return databaseErrorNamed(clickHouseErrorName(error), error.message)
}

function abortedError(reason: unknown): DatabaseError {
  if (reason instanceof DatabaseError) return reason
  // `AbortSignal.timeout`.
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    return new DatabaseError('STORE_UNAVAILABLE', 'NO_ANSWER')
  }
  return new DatabaseError('QUERY_CANCELLED', 'the caller left')
}

/**
 * Maps the text with which ClickHouse ends a partial answer: `Code: 159. DB::Exception: … (TIMEOUT_EXCEEDED) …`.
 */
export function databaseErrorOfText(text: string): DatabaseError {
  const names = [...text.matchAll(/\(([A-Z][A-Z0-9_]+)\)/g)]
  return databaseErrorNamed(names.at(-1)?.[1] ?? 'the answer ended early', text)
}

function databaseErrorNamed(reason: string, text: string): DatabaseError {
  if (BUSY.has(reason)) return new DatabaseError('SERVICE_BUSY', reason)
  if (reason === 'MEMORY_LIMIT_EXCEEDED' && MEMORY_OF_OTHERS.test(text)) {
    return new DatabaseError('SERVICE_BUSY', 'MEMORY_OF_OTHERS')
  }
  if (TOO_LARGE.has(reason)) return new DatabaseError('QUERY_TOO_LARGE', reason)
  return new DatabaseError(clickHouseErrorKind(reason) === 'passing' ? 'STORE_UNAVAILABLE' : 'QUERY_FAILED', reason)
}

/** Awaits `answer`. A DatabaseError is passed to `failed` and thrown as a problem. @throws {Problem} */
export async function mapDatabaseErrors<T>(answer: Promise<T>, failed: (error: DatabaseError) => void): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    failed(error)
    throw problemOf(error)
  }
}

/** The problem for the caller. */
export function problemOf({ code }: DatabaseError): Problem {
  switch (code) {
    case 'STORE_UNAVAILABLE':
      return new Problem(503, code, 'The database is unavailable. Retry in a few seconds.', {
        'retry-after': '5',
      })
    case 'SERVICE_BUSY':
      return new Problem(503, code, 'The database runs as many queries as it can. Retry in a few seconds.', {
        'retry-after': '5',
      })
    case 'QUERY_TOO_LARGE':
      return new Problem(
        422,
        code,
        'The query exceeds its limits. Narrow it: a shorter time between dt_from and dt_to, one more filter, ' +
          'or a smaller limit.',
      )
    case 'QUERY_CANCELLED':
      return new Problem(499, code, 'The caller closed the connection before the answer.')
    case 'QUERY_FAILED':
      return new Problem(500, code, 'The query failed. If this persists, contact the operator.')
  }
}
