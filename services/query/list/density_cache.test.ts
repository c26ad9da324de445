import { expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'
import { questionOf, Spacings } from './density_cache.js'

it('are known for a minute after they were noted', () => {
  let now = 0
  const spacings = new Spacings(() => now)
  expect(spacings.of('a')).toBeUndefined()
  spacings.note('a', 5)
  now = 59_999
  expect(spacings.of('a')).toBe(5)
  spacings.note('a', 6)
  now = 60_000
  expect(spacings.of('a')).toBe(6)
  now = 119_999
  expect(spacings.of('a')).toBeUndefined()
})

it('are those of the last thousand questions', () => {
  const spacings = new Spacings(() => 0)
  for (let number = 0; number < 1_000; number++) spacings.note(String(number), number)
  spacings.note('0', 0)
  spacings.note('one more', 1)
  expect([spacings.of('0'), spacings.of('1'), spacings.of('2')]).toEqual([0, undefined, 2])
})

it('are of a question, whichever its page, whoever asks', () => {
  const own: Principal = { subject: 'a', scopes: [], organizations: ['o'] }
  const filters: Filters = { limit: 5, fields: [{ field: 'stage', parameter: 'stage', values: ['Login'] }] }
  const question = questionOf(authAudits, filters, own)
  expect(questionOf(authAudits, { ...filters, limit: 6, from: 1n }, { ...own, subject: 'b' })).toBe(question)
  const others = [
    questionOf(audits, filters, own),
    questionOf(authAudits, { ...filters, fields: [] }, own),
    questionOf(authAudits, { ...filters, outcomes: ['failure'] }, own),
    questionOf(authAudits, filters, { ...own, organizations: ['p'] }),
    questionOf(authAudits, filters, { ...own, organizations: 'all' }),
  ]
  expect(new Set([question, ...others]).size).toBe(6)
})
