import { expect, test } from 'vitest'
import { seconds } from './duration.js'

test.each([
  ['90s', 90],
  ['30m', 1800],
  ['1h', 3600],
  ['7d', 604_800],
])('%s is %d seconds', (text, expected) => {
  expect(seconds(text)).toBe(expected)
})

test.each(['', '1', 'h', '1w', '-1h', '1.5h', '0s', '1h30m', '9999999999s'])('%j is rejected', (text) => {
  expect(() => seconds(text)).toThrow(/such as 90s, 30m, 1h or 7d/)
})
