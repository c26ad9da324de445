import { expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'
import { DensityCache, densityKey } from './density_cache.js'

it('keeps an entry for a minute', () => {
  let now = 0
  const cache = new DensityCache(() => now)
  expect(cache.get('a')).toBeUndefined()
  cache.set('a', 5)
  now = 59_999
  expect(cache.get('a')).toBe(5)
  cache.set('a', 6)
  now = 60_000
  expect(cache.get('a')).toBe(6)
  now = 119_999
  expect(cache.get('a')).toBeUndefined()
})

it('keeps the last thousand entries', () => {
  const cache = new DensityCache(() => 0)
  for (let number = 0; number < 1_000; number++) cache.set(String(number), number)
  cache.set('0', 0)
  cache.set('one more', 1)
  expect([cache.get('0'), cache.get('1'), cache.get('2')]).toEqual([0, undefined, 2])
})

it('has one key for all pages of a list and all callers who may read the same records', () => {
  const own: Principal = { subject: 'a', scopes: [], organizations: ['o'] }
  const filters: Filters = { limit: 5, fields: [{ field: 'stage', parameter: 'stage', values: ['Login'] }] }
  const key = densityKey(authAudits, filters, own)
  expect(densityKey(authAudits, { ...filters, limit: 6, from: 1n }, { ...own, subject: 'b' })).toBe(key)
  const others = [
    densityKey(audits, filters, own),
    densityKey(authAudits, { ...filters, fields: [] }, own),
    densityKey(authAudits, { ...filters, outcomes: ['failure'] }, own),
    densityKey(authAudits, filters, { ...own, organizations: ['p'] }),
    densityKey(authAudits, filters, { ...own, organizations: 'all' }),
  ]
  expect(new Set([key, ...others]).size).toBe(6)
})
