import type { Arena } from '../memory/arena.js'
import { SEGMENT_BYTES, type Segment } from '../memory/segments.js'
import type { RangeBytes } from '../transcode/index.js'

/** Bytes in segments. `subarray` copies any part into the arena as one piece, which is valid until the next call. */
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
