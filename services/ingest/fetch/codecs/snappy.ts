import { uncompressSync } from 'snappy'
import { BatchFault } from '../batch_fault.js'
import { type Codec, MAX_BATCH_BYTES } from './codec.js'

/** The header of snappy-java's stream format: magic, then two versions of four bytes. Java and kafkajs send it. */
const XERIAL_MAGIC = Buffer.from('82534e4150505900', 'hex')
const XERIAL_HEADER_BYTES = 16

/** snappy: one raw block as librdkafka and most Go clients send it, or the chunks of snappy-java's stream format. */
export const snappy: Codec = {
  declaredBytes: (compressed) => blocksOf(compressed).reduce((sum, block) => sum + blockBytes(block), 0),

  uncompress(compressed) {
    const blocks = blocksOf(compressed)
    // The library allocates what a block declares, so we check that first.
    if (blocks.reduce((sum, block) => sum + blockBytes(block), 0) > MAX_BATCH_BYTES) {
      throw new BatchFault('batch_too_large')
    }
    const [first, ...others] = blocks.map((block) => uncompressSync(block, { copyOutputData: true }) as Buffer)
    if (first === undefined) throw new RangeError('A snappy stream without a block.')
    return others.length === 0 ? first : Buffer.concat([first, ...others])
  },
}

/** The raw blocks: all bytes, or in snappy-java's format each chunk after its length (four bytes, big-endian). */
function blocksOf(compressed: Buffer): Buffer[] {
  if (!compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return [compressed]
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length; ) {
    const start = at + 4
    at = start + compressed.readUInt32BE(at)
    if (at > compressed.length) throw new RangeError('A snappy chunk is cut off.')
    blocks.push(compressed.subarray(start, at))
  }
  return blocks
}

/** The uncompressed size of a raw block, which stands before it as a varint of at most 32 bits. */
function blockBytes(block: Buffer): number {
  let size = 0
  for (let index = 0; index < 5; index++) {
    const byte = block.readUInt8(index)
    size += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return size
  }
  throw new RangeError('The size of a snappy block is malformed.')
}
