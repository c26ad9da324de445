import { Zstd } from '@hpcc-js/wasm-zstd'
import kafkajs, { CompressionTypes } from 'kafkajs'
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { compressSync, uncompressSync } from 'snappy'
import { mix } from '../random.js'

/** The header of snappy-java's stream format, which Java's clients send: magic, then two versions. */
const XERIAL_HEADER = Buffer.from('82534e415050590000000001' + '00000001', 'hex')

const types = [
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.Snappy,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
] as const

/** The codec of a batch: any of Kafka's five. */
export function compressionOf(seed: number, batch: number): CompressionTypes {
  return types[mix(seed, batch, 21) % types.length] as CompressionTypes
}

interface Encoder {
  readonly buffer: Buffer
}

/** Gives kafkajs, which has only gzip, the other three codecs. */
export async function addCodecs(): Promise<void> {
  const zstd = await Zstd.load()
  const { CompressionCodecs } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: Encoder) => snappyBlocks(buffer),
    decompress: async (buffer: Buffer) => snappyBytes(buffer),
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: Encoder) => compressFrameSync(buffer),
    decompress: async (buffer: Buffer) => decompressFrameSync(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Encoder) => Buffer.from(zstd.compress(buffer)),
    decompress: async (buffer: Buffer) => Buffer.from(zstd.decompress(buffer)),
  })
}

/** Every other size in snappy-java's format, the others as one raw block, which librdkafka sends. */
function snappyBlocks(bytes: Buffer): Buffer {
  const block = compressSync(bytes)
  if (bytes.length % 2 === 0) return block
  const length = Buffer.alloc(4)
  length.writeUInt32BE(block.length)
  return Buffer.concat([XERIAL_HEADER, length, block])
}

function snappyBytes(compressed: Buffer): Buffer {
  const isStream = compressed.subarray(0, XERIAL_HEADER.length).equals(XERIAL_HEADER)
  return uncompressSync(isStream ? compressed.subarray(XERIAL_HEADER.length + 4) : compressed) as Buffer
}
