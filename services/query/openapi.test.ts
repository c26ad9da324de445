import { describe, expect, it } from 'vitest'
import { responses } from '../../schemas/derive/openapi/error_responses.js'
import { Problem } from '../runtime/problem.js'
import { DatabaseError, problemOf } from './clickhouse/errors.js'

interface Described {
  readonly content: {
    readonly 'application/problem+json': { readonly example: { status: number; error_code: string; detail: string } }
  }
}

describe('the errors that the OpenAPI document shows', () => {
  const examples = Object.values(responses).map(
    (each) => (each as Described).content['application/problem+json'].example,
  )

  it.each(examples.map((example) => [example.error_code, example] as const))(
    '%s is answered as it is shown',
    (code, example) => {
      expect(new Problem(example.status, code, example.detail).body()).toEqual(example)
    },
  )

  it.each(['STORE_UNAVAILABLE', 'QUERY_TOO_LARGE', 'QUERY_FAILED'] as const)(
    '%s of the database is one of them',
    (code) => {
      expect(examples).toContainEqual(problemOf(new DatabaseError(code, 'reason')).body())
    },
  )
})
