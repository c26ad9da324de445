import { describe, expect, it } from 'vitest'
import { responses } from '../../schemas/derive/openapi/error_responses.js'
import { authAudits } from '../../schemas/streams/index.js'
import { Problem } from '../runtime/problem.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createQueryApp } from './app.js'
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

it('the document has the routes of a service of one stream', async () => {
  const app = createQueryApp({
    telemetry: silentTelemetry(),
    streams: [authAudits],
    database: { rows: async () => [] },
    authenticate: async () => ({ subject: 'ada', scopes: [], organizations: [] }),
  })
  const { paths } = (await app.inject('/openapi.json')).json()
  expect(Object.keys(paths)).toEqual([
    ...['', '/counts', '/values', '/changes', '/tail', '/export'].map((kind) => `/v1/auth_audits${kind}`),
    ...['/v1/sign_ins', '/v1/sign_ins/counts', '/v1/sign_ins/{trace_id}'],
    ...['logins', 'pseudonyms', 'accounts', 'users'].map((of) => `/api/v1/audit/authentication/${of}/{id}`),
    '/api/v1/logs',
    ...['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'],
  ])
})
