import type { ClickHouseClient } from '@clickhouse/client'
import { databaseErrorOf } from './errors.js'
import type { Query } from './query.js'
import type { Row } from './rows.js'

/** What the routes need of the database. */
export interface Database {
  /**
   * The rows that a query answers with, of at most so many bytes. When `signal` aborts, the query is ended in the database too.
   *
   * @throws {DatabaseError}
   */
  rows(query: Query, signal: AbortSignal, maxBytes?: number): Promise<readonly Row[]>
}

/** The service holds an answer while it writes it: this many bytes, not the most that ten thousand of the longest records have. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** The database that is ClickHouse. Limits on what a query may read, hold and take are the database user's own. */
export function clickhouseDatabase(client: ClickHouseClient): Database {
  return {
    async rows({ query, query_params }, signal, maxBytes = MAX_ANSWER_BYTES) {
      try {
        const result = await client.query({
          query,
          query_params: { ...query_params },
          format: 'JSONCompactEachRow',
          abort_signal: signal,
          clickhouse_settings: { ...SETTINGS, max_result_bytes: String(maxBytes) },
        })
        return await result.json<Row>()
      } catch (error) {
        throw databaseErrorOf(error, signal)
      }
    },
  }
}

const SETTINGS = {
  /** A caller that leaves ends its query. */
  cancel_http_readonly_queries_on_client_close: 1,
  /** The answer begins when it is whole, so that a failure half-way is an error and never half an answer. */
  wait_end_of_query: 1,
  result_overflow_mode: 'throw',
} as const
