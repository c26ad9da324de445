import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import { BatchFault } from '../batch_fault.js'
import { codecs, MAX_BATCH_BYTES } from './index.js'

const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4].map(
  (number) => codecs.get(number) as NonNullable<ReturnType<typeof codecs.get>>,
) as [Codec, Codec, Codec, Codec]
type Codec = NonNullable<ReturnType<typeof codecs.get>>

const HUNDRED = Buffer.from('zstd '.repeat(40))
/** `HUNDRED` as the zstd command (1.5) compresses a file, and a pipe: with the content's size, and without. */
const ZSTD_FILE = Buffer.from('28b52ffd24c8650000287a7374642001004050450b265638d4', 'hex')
const ZSTD_PIPE = Buffer.from('28b52ffd0458650000287a7374642001004050450b265638d4', 'hex')

/** The chunks of snappy-java's stream format. */
function xerial(...chunks: readonly Buffer[]): Buffer {
  const header = Buffer.from('82534e41505059000000000100000001', 'hex')
  const framed = chunks.flatMap((chunk) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(chunk.length)
    return [length, chunk]
  })
  return Buffer.concat([header, ...framed])
}

/** A zstd frame of blocks that repeat one byte: 128 KiB each from four bytes. */
function zstdRepeating(bytes: number): Buffer {
  const BLOCK = 128 * 1024
  const blocks = Math.ceil(bytes / BLOCK)
  const frame = Buffer.alloc(6 + 4 * blocks)
  // A window of 128 KiB, no content size.
  frame.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])
  for (let block = 0; block < blocks; block++) {
    const size = Math.min(BLOCK, bytes - block * BLOCK)
    const last = block === blocks - 1 ? 1 : 0
    frame.writeUIntLE((size << 3) | (1 << 1) | last, 6 + 4 * block, 3)
    frame.writeUInt8(0x61, 6 + 4 * block + 3)
  }
  return frame
}

const text = fc.array(fc.oneof(fc.constantFrom('{"user":', 'login', '0123456789'.repeat(30)), fc.string()), {
  maxLength: 400,
})

describe.each([
  ['gzip', GZIP, (bytes: Buffer) => gzipSync(bytes)],
  ['snappy, one raw block', SNAPPY, (bytes: Buffer) => compressSync(bytes)],
  [
    'snappy, the stream format of snappy-java',
    SNAPPY,
    (bytes: Buffer) => xerial(compressSync(bytes.subarray(0, 100)), compressSync(bytes.subarray(100))),
  ],
  ['lz4', LZ4, (bytes: Buffer) => compressFrameSync(bytes)],
  [
    'lz4 with checksums',
    LZ4,
    (bytes: Buffer) => compressFrameSync(bytes, { contentChecksum: true, blockChecksums: true }),
  ],
])('%s', (_name, codec, compress) => {
  it('returns what was compressed, and declares its size', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (parts) => {
        const bytes = Buffer.from(parts.join(''))
        const compressed = compress(bytes)
        expect(codec.declaredBytes(compressed)).toBe(bytes.length)
        expect((await codec.uncompress(compressed)).equals(bytes)).toBe(true)
      }),
    )
  })

  it('returns more than a block', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 251))
    expect((await codec.uncompress(compress(bytes))).equals(bytes)).toBe(true)
  })

  it('rejects a cut-off stream, or returns less', async () => {
    const bytes = Buffer.from('0123456789'.repeat(30))
    const compressed = compress(bytes)
    for (let length = 0; length < compressed.length - 1; length++) {
      const cut = async () => codec.uncompress(compressed.subarray(0, length))
      const returned = await cut().then(
        ({ length }) => length,
        () => -1,
      )
      expect(returned).toBeLessThan(bytes.length)
    }
  })
})

describe('zstd', () => {
  it.each([
    ['with a content size', ZSTD_FILE, HUNDRED.length],
    ['without one', ZSTD_PIPE, 128 * 1024],
  ])('returns what was compressed %s', async (_name, compressed, declared) => {
    expect(ZSTD.declaredBytes(compressed)).toBe(declared)
    expect(String(await ZSTD.uncompress(compressed))).toBe(String(HUNDRED))
  })

  it('reads several frames, and skips those without data', async () => {
    const skipped = Buffer.concat([Buffer.from('502a4d1803000000', 'hex'), Buffer.from('abc')])
    const stream = Buffer.concat([ZSTD_FILE, skipped, ZSTD_PIPE])
    expect(String(await ZSTD.uncompress(stream))).toBe(String(HUNDRED).repeat(2))
  })

  it.each([
    ['with a content size', ZSTD_FILE],
    ['without one', ZSTD_PIPE],
  ])('rejects every cut-off stream %s', async (_name, compressed) => {
    for (let length = 0; length < compressed.length; length++) {
      await expect(ZSTD.uncompress(compressed.subarray(0, length))).rejects.toThrow()
    }
  })
})

const OVER = MAX_BATCH_BYTES + 1

describe('the limit', () => {
  it.each([
    ['gzip', GZIP, gzipSync(Buffer.alloc(OVER))],
    ['snappy', SNAPPY, compressSync(Buffer.alloc(OVER))],
    ['snappy in chunks', SNAPPY, xerial(...Array(9).fill(compressSync(Buffer.alloc(MAX_BATCH_BYTES / 8))))],
    ['lz4', LZ4, compressFrameSync(Buffer.alloc(OVER))],
    ['zstd', ZSTD, zstdRepeating(OVER)],
  ])('rejects a larger batch: %s', async (_name, codec, compressed) => {
    await expect((async () => codec.uncompress(compressed))()).rejects.toThrow(new BatchFault('batch_too_large'))
  })

  it('accepts a batch of that size', async () => {
    expect((await GZIP.uncompress(gzipSync(Buffer.alloc(MAX_BATCH_BYTES)))).length).toBe(MAX_BATCH_BYTES)
    expect((await ZSTD.uncompress(zstdRepeating(MAX_BATCH_BYTES))).length).toBe(MAX_BATCH_BYTES)
  })

  it('holds even if the size of a gzip stream is not what it declares', async () => {
    const bomb = gzipSync(Buffer.alloc(OVER + 1024 * 1024))
    bomb.writeUInt32LE(10, bomb.length - 4)
    expect(GZIP.declaredBytes(bomb)).toBe(10)
    await expect(GZIP.uncompress(bomb)).rejects.toThrow(new BatchFault('batch_too_large'))
  })
})
