import { expect, it } from 'vitest'
import { silentTelemetry } from '../../../runtime/telemetry.js'
import { createPositionTokens } from '../position_token.js'
import { createFeedResources } from './feed_resources.js'

function createFeed(limits = {}) {
  return createFeedResources({
    database: { rows: async () => [] },
    telemetry: silentTelemetry(),
    tokens: createPositionTokens([Buffer.alloc(32)]),
    limits,
  })
}

it('says which limit a waiting reader exceeds', () => {
  const principal = { subject: 'ada', scopes: [], organizations: ['a'] }
  const refused = (limits: object) => {
    const { waitingReaders } = createFeed(limits)
    waitingReaders.acquire(principal)
    return () => waitingReaders.acquire(principal)
  }
  expect(refused({ perPrincipal: 1 })).toThrow(expect.objectContaining({ status: 429, code: 'TOO_MANY_WAITING' }))
  expect(refused({ perTenant: 1 })).toThrow(expect.objectContaining({ status: 429, code: 'TOO_MANY_WAITING' }))
  expect(refused({ total: 1 })).toThrow(expect.objectContaining({ status: 503, code: 'SEATS_TAKEN' }))
})
