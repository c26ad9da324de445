import type { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Query } from '../clickhouse/database.js'
import { databaseErrorOf } from '../clickhouse/errors.js'
import type { Liveness } from '../clickhouse/liveness.js'
import { multipartBody } from '../clickhouse/multipart.js'

/** A query that the database has started to answer. */
export interface StartedQuery {
  /** The bytes of the answer. Destroying the stream ends the query. */
  readonly body: Readable
  /** The tag that ClickHouse writes before and after an error in the body (see `ExceptionGuard`). */
  readonly exceptionTag: string
}

/** What exports need of the database. */
export interface ExportDatabase {
  /**
   * Starts a query. When `signal` aborts, the query ends in the database too.
   *
   * @throws {DatabaseError} when it fails before its first byte
   */
  start(query: Query, signal: AbortSignal): Promise<StartedQuery>
}

/** ClickHouse. The profile of the database user limits the memory and the time of an export. */
export function clickhouseExportDatabase(client: ClickHouseClient): ExportDatabase {
  return {
    async start({ query, query_params }, signal) {
      try {
        const { stream, response_headers } = await client.exec({
          query,
          ...(await multipartBody(query_params)),
          abort_signal: signal,
          // When the caller leaves, ClickHouse cancels the query.
          clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
        })
        return { body: stream, exceptionTag: String(response_headers['x-clickhouse-exception-tag']) }
      } catch (error) {
        throw databaseErrorOf(error, signal)
      }
    },
  }
}

/** The database, with starts that fail when it hangs. */
export function guardExportDatabase(database: ExportDatabase, liveness: Liveness): ExportDatabase {
  return { start: (query, signal) => liveness.guard(signal, (guarded) => database.start(query, guarded)) }
}
