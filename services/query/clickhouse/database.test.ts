import { ClickHouseError, createClient } from '@clickhouse/client'
import { expect, it, vi } from 'vitest'
import { clickhouseDatabase } from './database.js'
import { DatabaseError } from './errors.js'

const client = createClient()
const QUERY = { query: 'SELECT 1', query_params: { a: 'b' } }

it('asks for a complete result, and ends the query when the caller leaves', async () => {
  const { signal } = new AbortController()
  const query = vi.spyOn(client, 'query').mockResolvedValue({ json: async () => [['1']] } as never)
  expect(await clickhouseDatabase(client).rows(QUERY, signal)).toEqual([['1']])
  expect(query).toHaveBeenCalledWith({
    ...QUERY,
    use_multipart_params: true,
    format: 'JSONCompactEachRow',
    abort_signal: signal,
    clickhouse_settings: {
      cancel_http_readonly_queries_on_client_close: 1,
      wait_end_of_query: 1,
      max_result_bytes: '67108864',
      result_overflow_mode: 'throw',
    },
  })
})

it('throws a DatabaseError, whether the query or reading its result fails', async () => {
  const error = new ClickHouseError({ message: 'ada@example.com', code: '158', type: 'TOO_MANY_ROWS' })
  const { signal } = new AbortController()
  const failures = [Promise.reject(error), Promise.resolve({ json: () => Promise.reject(error) })]
  for (const answer of failures) {
    vi.spyOn(client, 'query').mockReturnValue(answer as never)
    const failed = clickhouseDatabase(client).rows(QUERY, signal)
    await expect(failed).rejects.toBeInstanceOf(DatabaseError)
    await expect(failed).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE', reason: 'TOO_MANY_ROWS' })
  }
})
