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

it('reads eight pages at once, in the order of the calls, also when some fail', async () => {
  const { pageReads } = createFeed()
  const started: number[] = []
  const finish: (() => void)[] = []
  const reads = Array.from({ length: 20 }, (_, index) =>
    pageReads(async () => {
      started.push(index)
      await new Promise<void>((resolve) => finish.push(resolve))
      if (index === 0) throw new Error('failed')
      return index
    }),
  )
  const failed = expect(reads[0]).rejects.toThrow('failed')
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  await settle()
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  while (finish.length > 0) {
    finish.shift()?.()
    await settle()
  }
  expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(await Promise.all(reads.slice(1))).toEqual(Array.from({ length: 19 }, (_, index) => index + 1))
  await failed
})

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
