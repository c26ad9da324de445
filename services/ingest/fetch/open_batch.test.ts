import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { CompressionTypes } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { encodedBatch, sealed } from '../../../test/fixtures/records/record_batches.js'
import { BatchFault, type BatchReason } from './batch_fault.js'
import { openBatch, uncompressedBytes } from './open_batch.js'
import { type RecordBatch, recordBatches } from './record_batch.js'

const CODEC_AT = 22
const LAST_OFFSET_DELTA_AT = 23
const COUNT_AT = 57
const RECORDS_AT = 61
const NOON = Date.UTC(2026, 0, 15, 12)

async function encoded(offsets: readonly number[], compression = CompressionTypes.None): Promise<Buffer> {
  const value = Buffer.from('some value')
  return encodedBatch(
    offsets.map((offset) => ({ offset, timestamp: NOON, key: null, value })),
    { compression },
  )
}

function read(bytes: Buffer, highWatermark = 1_000): readonly RecordBatch[] {
  return recordBatches(bytes, { checksum: crc32c, highWatermark })
}

function only(bytes: Buffer): RecordBatch {
  const [batch, ...others] = read(bytes)
  expect(others).toEqual([])
  return batch as RecordBatch
}

async function reasonOf(bytes: Buffer): Promise<BatchReason | undefined> {
  try {
    await openBatch(only(bytes))
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(BatchFault)
    return (error as BatchFault).reason
  }
}

describe('a batch that can’t be read', () => {
  it('has a wrong checksum', async () => {
    const bytes = await encoded([7, 8])
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
    expect(await reasonOf(bytes)).toBe('batch_checksum')
  })

  it.each([5, 6, 7])('has the undefined codec %d', async (codec) => {
    const bytes = await encoded([7])
    bytes.writeUInt8(codec, CODEC_AT)
    expect(await reasonOf(sealed(bytes))).toBe('batch_codec')
  })

  it.each([1, 2, 3, 4])('is not compressed with its codec %d', async (codec) => {
    const bytes = await encoded([7])
    bytes.writeUInt8(codec, CODEC_AT)
    expect(await reasonOf(sealed(bytes))).toBe('batch_compression')
    expect(uncompressedBytes(only(bytes))).toBeLessThanOrEqual(64 * 1024 * 1024)
  })

  it.each([
    ['fewer records than its header says', (bytes: Buffer) => bytes.writeInt32BE(3, COUNT_AT)],
    ['more records than its header says', (bytes: Buffer) => bytes.writeInt32BE(1, COUNT_AT)],
    ['a record behind its last offset', (bytes: Buffer) => bytes.writeInt32BE(0, LAST_OFFSET_DELTA_AT)],
    ['a record that reaches behind its end', (bytes: Buffer) => bytes.writeUInt8(0x7e, RECORDS_AT)],
    ['a record of a negative length', (bytes: Buffer) => bytes.writeUInt8(0x01, RECORDS_AT)],
  ])('has %s', async (_name, change) => {
    const bytes = await encoded([7, 8])
    change(bytes)
    expect(await reasonOf(sealed(bytes))).toBe('batch_records')
  })

  it('has offsets that do not ascend', async () => {
    expect(await reasonOf(await encoded([7, 8, 8, 9]))).toBe('batch_records')
  })

  it.each([0, 1])('has message format %d, and the detail says what to do', async (magic) => {
    const bytes = await encoded([7])
    bytes.writeInt8(magic, 16)
    const { content, firstOffset, lastOffset } = only(bytes)
    expect({ firstOffset, lastOffset }).toEqual({ firstOffset: 7, lastOffset: 7 })
    expect(content).toMatchObject({
      reason: 'batch_format',
      message: expect.stringContaining('copy them into a new topic'),
    })
  })

  it('is recognized for any damage to any byte that the checksum covers, and ends before the next batch', async () => {
    const [first, second] = [await encoded([7, 8, 9], CompressionTypes.GZIP), await encoded([10, 11])]
    fc.assert(
      fc.property(fc.integer({ min: 21, max: first.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(first)
        damaged[at] = (damaged[at] as number) ^ flip
        const batches = read(Buffer.concat([damaged, second]))
        expect(batches.map(({ content }) => content)).toEqual([new BatchFault('batch_checksum'), 'records'])
        expect(batches[0]?.lastOffset).toBeLessThan(10)
        expect(batches[0]?.lastOffset).toBeGreaterThanOrEqual(7)
        expect(batches[1]).toMatchObject({ firstOffset: 10, lastOffset: 11 })
      }),
    )
  })

  it('ends before the high watermark if it is the last one', async () => {
    const damaged = await encoded([7, 8])
    damaged.writeInt32BE(2 ** 30, LAST_OFFSET_DELTA_AT)
    expect(read(damaged, 9)[0]).toMatchObject({ firstOffset: 7, lastOffset: 8 })
  })
})

it('damage behind a correct checksum yields records or a fault, and never anything else', async () => {
  const bases = [await encoded([7, 8, 9]), await encoded([7, 8, 9], CompressionTypes.GZIP)]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bases),
      fc.constantFrom(0, 1, 2, 3, 4, 5),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      async (base, codec, changes) => {
        const bytes = Buffer.from(base)
        for (const [at, byte] of changes) bytes[COUNT_AT + (at % (bytes.length - COUNT_AT))] = byte
        bytes.writeUInt8(codec, CODEC_AT)
        const batch = only(sealed(bytes))
        try {
          const reader = await openBatch(batch)
          while (reader.next()) expect(reader.offset).toBeLessThanOrEqual(batch.lastOffset)
        } catch (error) {
          expect(error).toBeInstanceOf(BatchFault)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

it('a compacted batch without records has none', async () => {
  const bytes = (await encoded([7])).subarray(0, RECORDS_AT)
  bytes.writeInt32BE(RECORDS_AT - 12, 8)
  bytes.writeInt32BE(0, COUNT_AT)
  expect((await openBatch(only(sealed(bytes)))).next()).toBe(false)
})

it('only a compressed batch takes memory beside its bytes', async () => {
  expect(uncompressedBytes(only(await encoded([7])))).toBe(0)
  const compressed = only(await encoded([7, 8], CompressionTypes.GZIP))
  expect(uncompressedBytes(compressed)).toBe((await openBatch(compressed)).bytes.length)
})
