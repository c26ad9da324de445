import { expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import type { Row } from '../clickhouse/rows.js'
import { Extents } from './time_extent.js'

const { signal } = new AbortController()

it('are asked for once a minute, each stream’s for itself, and again while there is no record', async () => {
  const answers: (readonly Row[])[] = [[], [['5', '9']], [['1', '2']], [['6', '10']]]
  const asked: string[] = []
  let now = 0
  const rows = async ({ query }: { readonly query: string }) => {
    asked.push(query.includes('FROM audits') ? 'audits' : 'auth_audits')
    return answers.shift() ?? []
  }
  const extents = new Extents({ rows }, () => now)
  expect(await extents.of(authAudits, signal)).toBeUndefined()
  expect(await extents.of(authAudits, signal)).toEqual({ from: 5n, until: 10n })
  expect(await extents.of(audits, signal)).toEqual({ from: 1n, until: 3n })
  now = 59_999
  expect(await extents.of(authAudits, signal)).toEqual({ from: 5n, until: 10n })
  now = 60_000
  expect(await extents.of(authAudits, signal)).toEqual({ from: 6n, until: 11n })
  expect(asked).toEqual(['auth_audits', 'auth_audits', 'audits', 'auth_audits'])
})
