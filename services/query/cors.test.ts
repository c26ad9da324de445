import { describe, expect, it } from 'vitest'
import { authAudits } from '../../schemas/streams/index.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createQueryApp } from './app.js'

describe('where origins are allowed', () => {
  const CONSOLE = 'https://console.example'
  const app = createQueryApp({
    telemetry: silentTelemetry(),
    streams: [authAudits],
    database: { rows: async () => [] },
    authenticate: async () => ({ subject: 'ada', scopes: ['audits:read'], organizations: 'all' }),
    allowedOrigins: [CONSOLE, 'http://localhost:3000'],
  })
  const ask = (headers: Record<string, string>, method: 'GET' | 'OPTIONS' = 'GET', url = '/v1/auth_audits') =>
    app.inject({ method, url, headers })

  it('their pages may read answers, errors and the exposed headers', async () => {
    for (const url of ['/v1/auth_audits', '/v1/auth_audits?limit=0', '/openapi.json']) {
      expect((await ask({ origin: CONSOLE }, 'GET', url)).headers).toMatchObject({
        'access-control-allow-origin': CONSOLE,
        'access-control-expose-headers': expect.stringContaining('retry-after'),
        vary: 'origin',
      })
    }
  })

  it('a preflight is answered without a token', async () => {
    const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
    const { statusCode, headers, body } = await ask({ origin: CONSOLE, ...asked }, 'OPTIONS')
    expect({ statusCode, body }).toEqual({ statusCode: 204, body: '' })
    expect(headers).toMatchObject({
      'access-control-allow-origin': CONSOLE,
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'authorization, last-event-id',
      'x-content-type-options': 'nosniff',
    })
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })

  it.each(['https://else.example', `${CONSOLE}.evil.example`, 'https://CONSOLE.example', 'null', ''])(
    'the page of %j may not',
    async (origin) => {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const { statusCode, headers } = await ask({ origin, 'access-control-request-method': 'GET' }, method)
        expect(statusCode).toBe(method === 'GET' ? 200 : 405)
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
        expect(headers.vary).toBe('origin')
      }
    },
  )

  it('OPTIONS that is no preflight is refused', async () => {
    expect((await ask({ origin: CONSOLE }, 'OPTIONS')).statusCode).toBe(405)
  })
})
