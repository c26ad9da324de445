import { describe, expect, it } from 'vitest'
import { intoSegments, makeSegments, SEGMENT_BYTES } from './segments.js'

describe('segments', () => {
  it('have one user each, and the one given back last is taken first', () => {
    const segments = makeSegments(4 * SEGMENT_BYTES)
    const taken = [1, 2, 3, 4].map(() => segments.take())
    expect(new Set(taken.map(({ byteOffset }) => byteOffset)).size).toBe(4)
    expect(segments.free).toBe(0)
    segments.give(taken.slice(1, 3))
    expect(segments.free).toBe(2)
    expect(segments.take().byteOffset).toBe(taken[2]?.byteOffset)
    expect(segments.take().byteOffset).toBe(taken[1]?.byteOffset)
  })

  it('are allocated when none is free, and those are not kept', () => {
    const segments = makeSegments(2 * SEGMENT_BYTES)
    const taken = [1, 2, 3].map(() => segments.take())
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(2)
    segments.give(taken)
    expect(segments.free).toBe(2)
  })

  it("that the machine can't reserve throw an error that names the setting", () => {
    expect(() => makeSegments(2 ** 50)).toThrow(/set INGEST_MAX_BYTES_IN_FLIGHT lower/)
  })

  it('hold pieces of any length, one after another', () => {
    const segments = makeSegments(4 * SEGMENT_BYTES)
    const bytes = Uint8Array.from({ length: 2 * SEGMENT_BYTES + 7 }, (_, index) => index * 7)
    const pieces = [
      bytes.subarray(0, 5),
      bytes.subarray(5, 5),
      bytes.subarray(5, SEGMENT_BYTES),
      bytes.subarray(SEGMENT_BYTES),
    ]
    const filled = intoSegments(pieces, segments)
    expect(filled.map(({ length }) => length)).toEqual([SEGMENT_BYTES, SEGMENT_BYTES, SEGMENT_BYTES])
    expect(Buffer.concat(filled).subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(intoSegments([new Uint8Array(0)], segments)).toEqual([])
  })
})
