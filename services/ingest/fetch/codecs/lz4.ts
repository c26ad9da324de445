import { decompressFrameSync } from 'lz4-napi'
import { BatchFault } from '../batch_fault.js'
import { type Codec, MAX_BATCH_BYTES } from './codec.js'

const MAGIC = 0x184d2204
const FRAME_HEADER_BYTES = 7
/** Bits of the descriptor's first byte: a checksum after each block, the content's size, a dictionary's id. */
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY_ID = 0x01
/** Set in a block's size if the block is stored uncompressed. */
const UNCOMPRESSED = 0x80000000
const MIN_MATCH_BYTES = 4
const OFFSET_BYTES = 2

/**
 * lz4 in its frame format. The library grows its result as it goes, so we add up the sizes of all sequences first; that
 * needs no memory.
 *
 * @see LZ4 Frame Format 1.6.4 and LZ4 Block Format
 */
export const lz4: Codec = {
  declaredBytes: frameBytes,

  uncompress(compressed) {
    if (frameBytes(compressed) > MAX_BATCH_BYTES) throw new BatchFault('batch_too_large')
    return decompressFrameSync(compressed)
  },
}

/** The uncompressed size of a frame. */
function frameBytes(frame: Buffer): number {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('Not an lz4 frame.')
  const flags = frame.readUInt8(4)
  const checksumBytes = (flags & BLOCK_CHECKSUM) > 0 ? 4 : 0
  let at = FRAME_HEADER_BYTES + ((flags & CONTENT_SIZE) > 0 ? 8 : 0) + ((flags & DICTIONARY_ID) > 0 ? 4 : 0)
  let total = 0
  for (;;) {
    const header = frame.readUInt32LE(at)
    at += 4
    if (header === 0) return total
    const size = header % UNCOMPRESSED
    const end = at + size
    if (end > frame.length) throw new RangeError('An lz4 block is cut off.')
    total += header >= UNCOMPRESSED ? size : blockBytes(frame, at, end)
    at = end + checksumBytes
  }
}

/** The uncompressed size of a block: the lengths of its literals and of its matches. */
function blockBytes(bytes: Buffer, start: number, end: number): number {
  let at = start
  let total = 0
  /** A length of 15 goes on in the following bytes, up to the first that is not 255. */
  const length = (nibble: number) => {
    let sum = nibble
    if (nibble < 15) return sum
    for (;;) {
      if (at >= end) throw new RangeError('An lz4 block is malformed.')
      const byte = bytes[at++] as number
      sum += byte
      if (byte !== 255) return sum
    }
  }
  while (at < end) {
    const token = bytes[at++] as number
    const literals = length(token >>> 4)
    at += literals
    total += literals
    // The last sequence has literals only.
    if (at >= end) return total
    at += OFFSET_BYTES
    total += length(token & 0x0f) + MIN_MATCH_BYTES
  }
  return total
}
