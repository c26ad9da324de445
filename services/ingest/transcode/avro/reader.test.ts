import { describe, expect, it } from 'vitest'
import { ENDED, OVERLONG, Reader } from './reader.js'

function read(...bytes: number[]): { value: number; left: number } {
  const reader = new Reader()
  // Neighboring bytes on both sides, which a reader must not read.
  reader.open(Uint8Array.from([0xff, ...bytes, 0x01]), 1, 1 + bytes.length)
  return { value: reader.long(), left: reader.left }
}

/** The zigzag encoding by the specification's formula. */
function encoded(value: bigint): number[] {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

describe('long', () => {
  const bounds = [
    0n,
    63n,
    64n,
    8191n,
    8192n,
    2n ** 27n,
    2n ** 28n,
    2n ** 31n,
    2n ** 34n,
    1_767_225_600_000_000n,
    2n ** 52n - 1n,
  ]
  it.each(bounds.flatMap((bound) => [bound, -bound, bound - 1n, -bound - 1n]))('reads %d', (value) => {
    expect(read(...encoded(value))).toEqual({ value: Number(value), left: 0 })
  })

  it('reads the examples of the specification', () => {
    expect([[0x00], [0x01], [0x02], [0x03], [0x7f], [0x80, 0x01]].map((bytes) => read(...bytes).value)).toEqual([
      0, -1, 1, -2, -64, 64,
    ])
  })

  it('reads no further than the number', () => {
    expect(read(0x82, 0x01, 0x82)).toEqual({ value: 65, left: 1 })
  })

  it('reads a number with padding, up to ten bytes', () => {
    expect(read(0x82, 0x00).value).toBe(1)
    expect(read(0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00).value).toBe(-2)
  })

  it('reads the smallest and the largest long approximately', () => {
    expect(read(...encoded(2n ** 63n - 1n)).value).toBe(2 ** 63)
    expect(read(...encoded(-(2n ** 63n))).value).toBe(-(2 ** 63))
  })

  it.each([
    ['a tenth byte above the 64th bit', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]],
    ['an eleventh byte', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ])('recognizes %s', (_, bytes) => {
    expect(read(...bytes).value).toBe(OVERLONG)
  })

  it.each([[[]], [[0x80]], [[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]]])(
    'returns ENDED for %j',
    (bytes) => {
      expect(read(...bytes).value).toBe(ENDED)
    },
  )
})
