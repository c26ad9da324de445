import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Part } from './parts.js'
import { reachedSlots } from './shared_slots.js'
import { SLOT, slotOf } from './slots.js'

const RANGE = { from: 10n * SLOT, until: 60n * SLOT }
/** Parts with times in microseconds, some before and some after the range. */
const parts: fc.Arbitrary<readonly Part[]> = fc.array(
  fc
    .tuple(fc.bigInt(-5n * SLOT, 70n * SLOT), fc.bigInt(0n, 30n * SLOT), fc.boolean())
    .map(([oldest, length, merged]) => ({
      name: `20260131_1_1_${merged ? 2 : 0}`,
      oldest,
      newest: oldest + length,
      rows: 1,
    })),
  { maxLength: 8 },
)

it('a slot is reached by two parts, or by one that no merge wrote', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const expected: bigint[] = []
      for (let slot = RANGE.from; slot < RANGE.until; slot += SLOT) {
        const reaching = given.filter(({ oldest, newest }) => slotOf(oldest) <= slot && slot <= newest)
        if (reaching.length > 1 || reaching.some(({ name }) => name.endsWith('_0'))) expected.push(slot)
      }
      expect(reachedSlots(given, RANGE, 1_000)).toEqual(expected)
      expect(reachedSlots(given, RANGE, expected.length)).toEqual(expected)
      if (expected.length > 0) expect(reachedSlots(given, RANGE, expected.length - 1)).toBeUndefined()
    }),
  )
})
