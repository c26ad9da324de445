import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import { databaseErrorOf, databaseErrorOfText, problemOf } from './errors.js'

const SECRET = 'DB::Exception: value ada@example.com of column upstream_user_id'

function ofClickHouse(type: string | undefined, code = '1'): ClickHouseError {
  return new ClickHouseError({ message: SECRET, code, ...(type === undefined ? {} : { type }) })
}

function memoryError(text: string): ClickHouseError {
  return new ClickHouseError({ message: `${text} ${SECRET}`, code: '241', type: 'MEMORY_LIMIT_EXCEEDED' })
}

describe.each([
  ['a limit on rows', ofClickHouse('TOO_MANY_ROWS'), 'QUERY_TOO_LARGE', 422, false],
  ['a limit on time', ofClickHouse('TIMEOUT_EXCEEDED'), 'QUERY_TOO_LARGE', 422, false],
  ['a limit on memory', ofClickHouse('MEMORY_LIMIT_EXCEEDED'), 'QUERY_TOO_LARGE', 422, false],
  ['a table that does not exist yet', ofClickHouse('UNKNOWN_TABLE'), 'STORE_UNAVAILABLE', 503, true],
  ['too many queries', ofClickHouse('TOO_MANY_SIMULTANEOUS_QUERIES', '202'), 'SERVICE_BUSY', 503, true],
  ['a server with too much to do', ofClickHouse('SERVER_OVERLOADED', '745'), 'SERVICE_BUSY', 503, true],
  ['memory of the user', memoryError('User memory limit exceeded: would use'), 'SERVICE_BUSY', 503, true],
  ['memory of the server', memoryError('(total) memory limit exceeded: would use'), 'SERVICE_BUSY', 503, true],
  ['memory of the query', memoryError('Query memory limit exceeded: would use'), 'QUERY_TOO_LARGE', 422, false],
  [
    'no connection',
    Object.assign(new Error('connect 10.0.0.7'), { code: 'ECONNREFUSED' }),
    'STORE_UNAVAILABLE',
    503,
    true,
  ],
  ['a timeout', new Error('Timeout error.'), 'STORE_UNAVAILABLE', 503, true],
  ['a syntax error', ofClickHouse('SYNTAX_ERROR'), 'QUERY_FAILED', 500, false],
  ['an error without a name', ofClickHouse(undefined, '99999'), 'QUERY_FAILED', 500, false],
])('%s', (_name, error, code, status, retriable) => {
  const found = databaseErrorOf(error, new AbortController().signal)

  it('has its code', () => {
    expect(found).toMatchObject({ name: 'DatabaseError', code, retriable })
  })

  it('becomes a problem that reveals nothing about the database', () => {
    const problem = problemOf(found)
    expect(problem).toMatchObject({ status, code })
    expect(problem.headers).toEqual(status === 503 ? { 'retry-after': '5' } : {})
    expect(JSON.stringify([found.message, problem.body()])).not.toMatch(/ada@|DB::|10\.0\.0\.7/)
  })
})

it('counts any error after the caller left as a cancellation', () => {
  const found = databaseErrorOf(new Error('The user aborted a request.'), AbortSignal.abort())
  expect(found).toMatchObject({ code: 'QUERY_CANCELLED', retriable: false })
  expect(problemOf(found).status).toBe(499)
})

it('reads an error at the end of an export in the same way', () => {
  const text = 'Code: 202. DB::Exception: Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES) (version 26.7)'
  expect(databaseErrorOfText(text)).toMatchObject({ code: 'SERVICE_BUSY', reason: 'TOO_MANY_SIMULTANEOUS_QUERIES' })
  const memory = 'Code: 241. DB::Exception: User memory limit exceeded: would use 12 GiB. (MEMORY_LIMIT_EXCEEDED)'
  expect(databaseErrorOfText(memory)).toMatchObject({ code: 'SERVICE_BUSY', reason: 'MEMORY_OF_OTHERS' })
})

it('says how to narrow a query that is too large', () => {
  const { message } = problemOf(databaseErrorOf(ofClickHouse('TOO_MANY_ROWS'), new AbortController().signal))
  expect(message).toMatch(/Narrow it: a shorter time between dt_from and dt_to/)
})
