import type { Arena } from '../memory/arena.js'
import { SEGMENT_BYTES, type Segment } from '../memory/segments.js'
import type { RangeBytes } from '../transcode/index.js'

/** Bytes that lie in segments, of which any part can be had in one piece: a copy in the arena, until the next part is asked for. */
export class SegmentedBytes implements RangeBytes {
  readonly length: number
  readonly #segments: readonly Segment[]
  readonly #arena: Arena

  constructor({ segments, bytes }: { readonly segments: readonly Segment[]; readonly bytes: number }, arena: Arena) {
    this.length = bytes
    this.#segments = segments
    this.#arena = arena
  }

  subarray(start: number, end: number): Uint8Array {
    this.#arena.clear()
    const part = this.#arena.take(end - start)
    for (let at = start; at < end; ) {
      const from = at % SEGMENT_BYTES
      const length = Math.min(end - at, SEGMENT_BYTES - from)
      const segment = this.#segments[Math.floor(at / SEGMENT_BYTES)] as Segment
      part.set(segment.subarray(from, from + length), at - start)
      at += length
    }
    return part
  }
}
