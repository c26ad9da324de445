import { describe, expect, it } from 'vitest'
import { responses } from '../../schemas/derive/openapi/error_responses.js'
import { Problem } from '../runtime/problem.js'
import { DatabaseError, problemOf } from './clickhouse/errors.js'

describe('the errors that the OpenAPI document shows', () => {
  const examples: readonly { status: number; error_code: string; detail: string }[] = Object.values(responses).map(
    ({ content }) => content?.['application/problem+json']?.example,
  )

  it.each(examples.map((example) => [example.error_code, example] as const))(
    '%s is what the service returns',
    (code, example) => {
      expect(new Problem(example.status, code, example.detail).body()).toEqual(example)
    },
  )

  it.each(['STORE_UNAVAILABLE', 'QUERY_TOO_LARGE', 'QUERY_FAILED'] as const)(
    '%s of the database is among them',
    (code) => {
      expect(examples).toContainEqual(problemOf(new DatabaseError(code, 'reason')).body())
    },
  )
})
