import type { ClickHouseClient } from '@clickhouse/client'
import { Problem } from '../../runtime/problem.js'
import { databaseErrorOf } from './errors.js'
import type { Row } from './rows.js'

/** A statement and its parameters. No text of a request is ever part of the statement. */
export interface Query {
  readonly query: string
  readonly query_params: Readonly<Record<string, unknown>>
}

/** The database as the routes use it. */
export interface Database {
  /**
   * Runs a query and returns its rows. When `signal` aborts, the query ends in the database too.
   *
   * @param maxBytes how large the result may be as ClickHouse counts it
   * @param reserve called before the rows are read; an error that it throws is thrown to the caller
   * @throws {DatabaseError}
   */
  rows(query: Query, signal: AbortSignal, maxBytes?: number, reserve?: ReserveRows): Promise<readonly Row[]>
}

/** Reserves memory for so many rows, and for the bytes that they have together as ClickHouse counts them. */
export type ReserveRows = (rows: number, bytes: number) => Promise<void>

/**
 * The service holds a whole result in memory while it writes the answer, so a result is bounded in bytes, not by the
 * limit alone.
 */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** The port over ClickHouse. The database user's profile limits rows read, memory and time. */
export function clickhouseDatabase(client: ClickHouseClient): Database {
  return {
    async rows({ query, query_params }, signal, maxBytes = MAX_ANSWER_BYTES, reserve) {
      try {
        const result = await client.query({
          query,
          query_params: { ...query_params },
          // In a URL, the server's log and proxies on the way would see the values, and long ones would not fit.
          use_multipart_params: true,
          format: 'JSONCompactEachRow',
          abort_signal: signal,
          clickhouse_settings: { ...SETTINGS, max_result_bytes: String(maxBytes) },
        })
        // ClickHouse has the complete result at this point, so it knows its size.
        const { result_rows = 0, result_bytes = 0 } = JSON.parse(String(result.response_headers[SUMMARY] ?? '{}'))
        try {
          await reserve?.(Number(result_rows), Number(result_bytes))
        } catch (error) {
          result.close()
          throw error
        }
        return await result.json<Row>()
      } catch (error) {
        throw error instanceof Problem ? error : databaseErrorOf(error, signal)
      }
    },
  }
}

const SUMMARY = 'x-clickhouse-summary'

const SETTINGS = {
  /** The query ends when the caller leaves. */
  cancel_http_readonly_queries_on_client_close: 1,
  /**
   * ClickHouse sends nothing until the result is complete, so a late failure is an error and never a partial result.
   */
  wait_end_of_query: 1,
  result_overflow_mode: 'throw',
} as const
