import { expect, it } from 'vitest'
import { containsPattern } from './contains_pattern.js'

it('matches any of the texts, whatever characters they have', () => {
  expect(containsPattern(['fox', 'a.b*(c)[d]{e}|^$+?\\'])).toBe(
    '(?i)(?:fox|a\\.b\\*\\(c\\)\\[d\\]\\{e\\}\\|\\^\\$\\+\\?\\\\)',
  )
})

it('writes a zero byte as an escape, and half a surrogate pair as the replacement character', () => {
  expect(containsPattern(['a\0b', '\ud800'])).toBe('(?i)(?:a\\x00b|\ufffd)')
})
