import type { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Query } from '../clickhouse/database.js'
import { databaseErrorOf } from '../clickhouse/errors.js'

/** An answer of the database that has begun. */
export interface Begun {
  /** Its bytes, read as fast as they are taken. Destroying it ends the query. */
  readonly body: Readable
  /** What marks the place where the database broke the answer off. */
  readonly tag: string
}

/** What exports need of the database. */
export interface ExportDatabase {
  /**
   * Begins an answer. When `signal` aborts, the query is ended in the database too.
   *
   * @throws {DatabaseError} when it fails before its first byte
   */
  begin(query: Query, signal: AbortSignal): Promise<Begun>
}

/** The database that is ClickHouse. Limits on what an export may hold and take are the database user's own. */
export function clickhouseExportDatabase(client: ClickHouseClient): ExportDatabase {
  return {
    async begin({ query, query_params }, signal) {
      try {
        const { stream, response_headers } = await client.exec({
          query,
          query_params: { ...query_params },
          abort_signal: signal,
          // A caller that leaves ends its query.
          clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
        })
        return { body: stream, tag: String(response_headers['x-clickhouse-exception-tag']) }
      } catch (error) {
        throw databaseErrorOf(error, signal)
      }
    },
  }
}
