import { expect, it } from 'vitest'
import { LogThrottle } from './log_throttle.js'

it('lets the first through, then one a minute that stands for those between', () => {
  let now = 0
  const throttle = new LogThrottle(() => now)
  expect(throttle.occurred('a')).toBe(1)
  for (let count = 0; count < 1_000; count++) expect(throttle.occurred('a')).toBe(0)
  expect(throttle.occurred('b')).toBe(1)
  now = 59_999
  expect(throttle.occurred('a')).toBe(0)
  now = 60_000
  expect(throttle.occurred('a')).toBe(1_002)
  expect(throttle.occurred('a')).toBe(0)
})
