import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rangesOf, SLOT, wholeSlots } from './slots.js'

it('whole slots lie within the range', () => {
  expect(wholeSlots({ from: 1n, until: 3n * SLOT + 1n })).toEqual({ from: SLOT, until: 3n * SLOT })
  expect(wholeSlots({ from: SLOT, until: 3n * SLOT })).toEqual({ from: SLOT, until: 3n * SLOT })
  expect(wholeSlots({ from: -1n, until: 1n })).toEqual({ from: 0n, until: 0n })
})

it('a range within a slot is one range', () => {
  expect(rangesOf([], { from: 10n, until: 20n }, 5)).toEqual([{ from: 10n, until: 20n }])
})

it('ranges cover the slots and the ends, are few, and do not overlap', () => {
  const range = { from: 100n * SLOT - 300n, until: 400n * SLOT + 300n }
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 100, max: 399 })), fc.integer({ min: 1, max: 20 }), (any, max) => {
      const slots = any.toSorted((a, b) => a - b).map((slot) => BigInt(slot) * SLOT)
      const ranges = rangesOf(slots, range, max)
      expect(ranges.length).toBeLessThanOrEqual(max)
      expect(ranges[0]?.from).toBe(range.from)
      expect(ranges.at(-1)?.until).toBe(range.until)
      for (const [index, { from, until }] of ranges.entries()) {
        expect(from < until).toBe(true)
        if (index > 0) expect(from > (ranges[index - 1]?.until as bigint)).toBe(true)
      }
      for (const slot of slots) {
        expect(ranges.some(({ from, until }) => from <= slot && slot + SLOT <= until)).toBe(true)
      }
      if (slots.length + 2 <= max) {
        const covered = ranges.reduce((sum, { from, until }) => sum + until - from, 0n)
        expect(covered).toBe(BigInt(slots.length) * SLOT + 600n)
      }
    }),
  )
})
