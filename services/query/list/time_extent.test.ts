import { expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import type { Row } from '../clickhouse/rows.js'
import { TimeExtentCache } from './time_extent.js'

const { signal } = new AbortController()

it('reads the extent of each stream once in half a second, and every time while the stream is empty', async () => {
  const answers: (readonly Row[])[] = [[], [['5', '9']], [['1', '2']], [['6', '10']]]
  const asked: string[] = []
  let now = 0
  const rows = async ({ query }: { readonly query: string }) => {
    asked.push(query.includes('FROM audits') ? 'audits' : 'auth_audits')
    return answers.shift() ?? []
  }
  const cache = new TimeExtentCache({ rows }, () => now)
  expect(await cache.get(authAudits, signal)).toBeUndefined()
  expect(await cache.get(authAudits, signal)).toEqual({ from: 5n, until: 10n })
  expect(await cache.get(audits, signal)).toEqual({ from: 1n, until: 3n })
  now = 499
  expect(await cache.get(authAudits, signal)).toEqual({ from: 5n, until: 10n })
  now = 500
  expect(await cache.get(authAudits, signal)).toEqual({ from: 6n, until: 11n })
  expect(asked).toEqual(['auth_audits', 'auth_audits', 'audits', 'auth_audits'])
})
