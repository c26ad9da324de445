import { ClickHouseError, createClient } from '@clickhouse/client'
import { expect, it, vi } from 'vitest'
import { Problem } from '../../runtime/problem.js'
import { clickhouseDatabase } from './database.js'
import { DatabaseError } from './errors.js'

const client = createClient()
/** What ClickHouse says of a result. */
const SUMMARY = { 'x-clickhouse-summary': '{"result_rows":"2","result_bytes":"345"}' }

const QUERY = { query: 'SELECT 1', query_params: { a: 'b' } }

it('asks for a complete result, and ends the query when the caller leaves', async () => {
  const { signal } = new AbortController()
  const query = vi.spyOn(client, 'query').mockResolvedValue({
    response_headers: SUMMARY,
    json: async () => [['1']],
  } as never)
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
  const failures = [
    Promise.reject(error),
    Promise.resolve({ response_headers: SUMMARY, json: () => Promise.reject(error) }),
  ]
  for (const answer of failures) {
    vi.spyOn(client, 'query').mockReturnValue(answer as never)
    const failed = clickhouseDatabase(client).rows(QUERY, signal)
    await expect(failed).rejects.toBeInstanceOf(DatabaseError)
    await expect(failed).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE', reason: 'TOO_MANY_ROWS' })
  }
})

it('reserves memory for a result before it reads it', async () => {
  const { signal } = new AbortController()
  const json = vi.fn(async () => [['1'], ['22']])
  const close = vi.fn()
  vi.spyOn(client, 'query').mockResolvedValue({ response_headers: SUMMARY, json, close } as never)
  const reserve = vi.fn(async () => undefined)
  await clickhouseDatabase(client).rows(QUERY, signal, 1, reserve)
  expect(reserve).toHaveBeenCalledWith(2, 345)
  const problem = new Problem(429, 'X', 'x')
  const failed = clickhouseDatabase(client).rows(QUERY, signal, 1, () => Promise.reject(problem))
  await expect(failed).rejects.toBe(problem)
  expect(json).toHaveBeenCalledTimes(1)
  expect(close).toHaveBeenCalledTimes(1)
})
