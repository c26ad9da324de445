import { expect, it } from 'vitest'
import { Arena } from '../memory/arena.js'
import { intoSegments, makeSegments, SEGMENT_BYTES } from '../memory/segments.js'
import { SegmentedBytes } from './segmented_bytes.js'

const bytes = Uint8Array.from({ length: 3 * SEGMENT_BYTES + 11 }, (_, index) => index * 31)
const segments = intoSegments([bytes], makeSegments(4 * SEGMENT_BYTES))
const data = new SegmentedBytes({ segments, bytes: bytes.length }, new Arena())

it.each([
  ['within a segment', 5, 900],
  ['of a whole segment', SEGMENT_BYTES, 2 * SEGMENT_BYTES],
  ['over the edge of two', SEGMENT_BYTES - 3, SEGMENT_BYTES + 4],
  ['over several', 1, bytes.length],
  ['at the end', bytes.length - 1, bytes.length],
  ['of nothing', 7, 7],
])('gives a part %s', (_, start, end) => {
  expect(Buffer.compare(data.subarray(start, end), bytes.subarray(start, end))).toBe(0)
})
