import { ZSTDDecoder } from 'zstddec'

const MAGIC = 0xfd2fb528
/** Frames with one of 16 magic numbers hold no data. */
const SKIPPABLE = 0x184d2a50
/** A block is at most 128 KiB uncompressed (Block_Maximum_Size). */
const MAX_BLOCK_BYTES = 128 * 1024
const MAGIC_BYTES = 4
const BLOCK_HEADER_BYTES = 3
const RLE = 1
const COMPRESSED = 2
/** Sizes of the fields Dictionary_ID and Frame_Content_Size by their flags. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

const decoder = new ZSTDDecoder()

/**
 * The uncompressed size of all frames of a zstd stream (RFC 8878), or the most that it can be.
 *
 * @throws {RangeError} when the bytes are malformed
 */
export function zstdBytes(stream: Buffer): number {
  let total = 0
  for (let at = 0; at < stream.length; ) {
    const magic = stream.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += MAGIC_BYTES + 4 + stream.readUInt32LE(at + MAGIC_BYTES)
    } else {
      if (magic !== MAGIC) throw new RangeError('Not a zstd frame.')
      const frame = frameAt(stream, at)
      total += frame.bytes
      at = frame.end
    }
  }
  return total
}

/**
 * Uncompresses a zstd stream, in WebAssembly. The decoder needs to know how much to allocate.
 *
 * @param bytes the most bytes that it may have uncompressed
 * @throws {RangeError} when the bytes are malformed, or more than `bytes` uncompressed
 */
export async function unzstd(stream: Buffer, bytes: number): Promise<Buffer> {
  await decoder.init()
  if (bytes === 0) throw new RangeError('A zstd stream without content.')
  const { buffer, byteOffset, length } = decoder.decode(stream, bytes)
  // The decoder returns nothing when it fails.
  if (length === 0) throw new RangeError('Not a zstd stream.')
  return Buffer.from(buffer, byteOffset, length)
}

/** Reads a frame's header, and the headers of its blocks (RFC 8878, section 3.1.1). */
function frameAt(stream: Buffer, start: number): { readonly bytes: number; readonly end: number } {
  const descriptor = stream.readUInt8(start + MAGIC_BYTES)
  const singleSegment = (descriptor & 0x20) > 0
  const contentSizeFlag = descriptor >>> 6
  let at = start + MAGIC_BYTES + 1 + (singleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] as number)
  const contentSizeBytes = contentSizeFlag === 0 && singleSegment ? 1 : (CONTENT_SIZE_BYTES[contentSizeFlag] as number)
  const declared = contentSizeAt(stream, at, contentSizeBytes)
  at += contentSizeBytes
  let most = 0
  for (let last = false; !last; ) {
    const header = stream.readUIntLE(at, BLOCK_HEADER_BYTES)
    const type = (header >>> 1) & 3
    const size = header >>> 3
    last = (header & 1) === 1
    most += type === COMPRESSED ? MAX_BLOCK_BYTES : size
    at += BLOCK_HEADER_BYTES + (type === RLE ? 1 : size)
  }
  const checksumBytes = (descriptor & 0x04) > 0 ? 4 : 0
  return { bytes: Math.min(declared ?? most, most), end: at + checksumBytes }
}

function contentSizeAt(stream: Buffer, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined
  if (bytes === 8) return Number(stream.readBigUInt64LE(at))
  return stream.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}
