import kafkajs, { CompressionTypes } from 'kafkajs'
import { expect, it } from 'vitest'
import { codecs } from '../../ingest/fetch/codecs/index.js'
import { compressionType } from './compression.js'

interface KafkajsCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
}

it.each([
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const)('ingest reads what kafkajs compresses with %s', async (name, type) => {
  expect(compressionType(name)).toBe(type)
  const codec = kafkajs.CompressionCodecs[type]() as KafkajsCodec
  for (const bytes of [Buffer.from('a'), Buffer.from('0123456789'.repeat(100_000))]) {
    const compressed = await codec.compress({ buffer: bytes })
    expect((await codecs.get(type)?.uncompress(compressed))?.equals(bytes)).toBe(true)
    if (bytes.length > 1_000) expect(compressed.length).toBeLessThan(bytes.length / 10)
  }
})

it('refuses a compression that Kafka does not have', () => {
  expect(() => compressionType('brotli' as 'gzip')).toThrow('must be one of none, gzip, snappy, lz4, zstd')
})

it('keeps a codec that the program has given to kafkajs', () => {
  const { CompressionCodecs } = kafkajs
  const own = () => ({ compress: async () => Buffer.alloc(0), decompress: async () => Buffer.alloc(0) })
  const before = CompressionCodecs[CompressionTypes.LZ4]
  CompressionCodecs[CompressionTypes.LZ4] = own
  try {
    expect(compressionType('lz4')).toBe(CompressionTypes.LZ4)
    expect(CompressionCodecs[CompressionTypes.LZ4]).toBe(own)
  } finally {
    CompressionCodecs[CompressionTypes.LZ4] = before
  }
})

it.each([
  ['snappy', CompressionTypes.Snappy, 'npm install snappy'],
  ['lz4', CompressionTypes.LZ4, 'npm install lz4-napi'],
] as const)('names the package that %s needs', (name, type, advice) => {
  const { CompressionCodecs } = kafkajs
  const before = CompressionCodecs[type]
  const absent = (): never => {
    throw new Error('not there')
  }
  CompressionCodecs[type] = absent
  try {
    const load = Object.assign(absent, { resolve: absent as unknown as NodeJS.RequireResolve })
    expect(() => compressionType(name, load)).toThrow(
      expect.objectContaining({ code: 'COMPRESSION_UNAVAILABLE', message: expect.stringContaining(advice) }),
    )
  } finally {
    CompressionCodecs[type] = before
  }
})
