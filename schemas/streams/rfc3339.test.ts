import { describe, expect, it } from 'vitest'
import { microsFromRfc3339, rfc3339FromMicros } from './rfc3339.js'

describe('microsFromRfc3339', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000001Z', 1n],
    ['1969-12-31T23:59:59.999999Z', -1n],
    ['2026-01-31T13:00:00.5+01:00', BigInt(Date.parse('2026-01-31T12:00:00.500Z')) * 1000n],
    ['2026-01-31t12:00:00.1234567z', BigInt(Date.parse('2026-01-31T12:00:00Z')) * 1000n + 123456n],
    ['2024-02-29 00:00:00-00:30', BigInt(Date.parse('2024-02-29T00:30:00Z')) * 1000n],
    ['2016-12-31T23:59:60Z', BigInt(Date.parse('2017-01-01T00:00:00Z')) * 1000n],
  ])('reads %s', (text, micros) => expect(microsFromRfc3339(text)).toBe(micros))

  it.each([
    '2026-01-31T12:00:00',
    '2026-01-31',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:00+24:00',
    'now',
    '',
  ])('refuses %j', (text) => expect(microsFromRfc3339(text)).toBeUndefined())
})

describe('rfc3339FromMicros', () => {
  it.each(['1970-01-01T00:00:00.000000Z', '1969-12-31T23:59:59.999999Z', '2026-01-31T12:00:00.000001Z'])(
    'writes %s as it was read',
    (text) => expect(rfc3339FromMicros(microsFromRfc3339(text) as bigint)).toBe(text),
  )
})
