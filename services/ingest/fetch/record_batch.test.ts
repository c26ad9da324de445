import { createRequire } from 'node:module'
import fc from 'fast-check'
import { CompressionTypes } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { type BatchOptions, encodedBatch, type KeptRecord } from '../../../test/fixtures/records/record_batches.js'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { MessageFormatError, recordBatches } from './record_batch.js'
import { RecordReader } from './record_reader.js'
import { batchesOf, decodeBatches, firstOffsetOf } from './whole_batches.js'

const require = createRequire(import.meta.url)
const KafkajsDecoder = require('kafkajs/src/protocol/decoder') as new (
  bytes: Buffer,
) => Parameters<typeof decodeBatches>[0]
const kafkajsMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
  decoder: object,
) => Promise<{ offset: string; timestamp: string; key: Buffer | null; value: Buffer | null }[]>

/** The part of a fetch response that holds one partition's batches. */
function response(...batches: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(batches)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

async function ours(bytes: Buffer) {
  const messages = await decodeBatches(new KafkajsDecoder(bytes), new ResponseBuffers())
  return messages.flatMap(({ recordBatch }) => {
    const read = []
    for (const reader = new RecordReader(recordBatch); reader.next(); ) {
      const { bytes: from, keyStart, keyLength, valueStart, valueLength } = reader
      const part = (start: number, length: number) => (length < 0 ? null : from.subarray(start, start + length))
      const [key, value] = [part(keyStart, keyLength), part(valueStart, valueLength)]
      read.push({ offset: String(reader.offset), timestamp: String(reader.timestamp), key, value })
    }
    return read
  })
}

async function theirs(bytes: Buffer) {
  const messages = await kafkajsMessages(new KafkajsDecoder(bytes))
  return messages.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value }))
}

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)))
const HEADER_BYTES = 61
const NOON = Date.UTC(2026, 0, 15, 12)

const batch = fc
  .record({
    firstOffset: fc.oneof(fc.nat(), fc.integer({ min: 2 ** 40, max: 2 ** 45 })),
    records: fc.array(
      fc.record({
        gap: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 100_000 })),
        timestamp: fc.oneof(fc.integer({ min: NOON - 1e10, max: NOON + 1e10 }), fc.constant(-1)),
        key: bytes,
        value: bytes,
        headers: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 2 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    compression: fc.constantFrom(CompressionTypes.None, CompressionTypes.GZIP),
    attributes: fc.constantFrom(0, 0x08),
  })
  .map(({ firstOffset, records, ...options }) => {
    let next = firstOffset
    const kept = records.map(({ gap, ...record }): KeptRecord => {
      const offset = next
      next += gap
      return { ...record, offset }
    })
    return { kept, options: options as BatchOptions }
  })

describe('record batches', () => {
  it('are read as kafkajs reads them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), fc.nat(), async (batches, cut) => {
        const encoded = await Promise.all(batches.map(({ kept, options }) => encodedBatch(kept, options)))
        const last = encoded.pop() as Buffer
        // A fetch may end anywhere in its last batch; within a header, kafkajs would fail.
        const fetched = response(...encoded, last.subarray(0, last.length - (cut % (last.length - HEADER_BYTES))))
        expect(await ours(fetched)).toEqual(await theirs(fetched))
      }),
      { numRuns: 300 },
    )
  })

  it('of an older format are refused, with what to do', async () => {
    const bytes = await encodedBatch([{ offset: 0, timestamp: NOON, key: null, value: null }])
    bytes.writeInt8(1, 16)
    await expect(recordBatches(bytes, async (_, records) => records)).rejects.toThrow(MessageFormatError)
    await expect(recordBatches(bytes, async (_, records) => records)).rejects.toThrow(/copy them into a new topic/)
  })

  it('are refused where their records are not what the header says', async () => {
    const bytes = await encodedBatch([{ offset: 7, timestamp: NOON, key: null, value: Buffer.from('ten bytes.') }])
    bytes.writeInt32BE(2, 57)
    const [read] = await recordBatches(bytes, async (_, records) => records)
    const reader = new RecordReader(read as NonNullable<typeof read>)
    expect(reader.next()).toBe(true)
    expect(() => reader.next()).toThrow('The record batch at offset 7 is not what its header says.')
  })

  it('that end a transaction have its key, by which kafkajs leaves out what was aborted', async () => {
    const abort = Buffer.from([0, 0, 0, 0])
    const bytes = await encodedBatch([{ offset: 9, timestamp: NOON, key: abort, value: Buffer.alloc(6) }], {
      transactional: true,
      producerId: 4711,
      attributes: 0x20,
    })
    const [end] = await decodeBatches(new KafkajsDecoder(response(bytes)), new ResponseBuffers())
    expect(end).toMatchObject({ offset: '9', key: abort, batchContext: { producerId: '4711', inTransaction: true } })
    expect(end?.recordBatch.control).toBe(true)
  })
})

it('the first offset of a fetch is the one that was asked for, where its first batch begins before it', async () => {
  const records = [5, 6, 7].map((offset) => ({ offset, timestamp: NOON, key: null, value: null }))
  const messages = await decodeBatches(new KafkajsDecoder(response(await encodedBatch(records))), new ResponseBuffers())
  const fetched = { messages, fetchedOffset: '6' } as unknown as Parameters<typeof firstOffsetOf>[0]
  expect(firstOffsetOf(fetched)).toBe(6)
  expect(firstOffsetOf({ ...fetched, fetchedOffset: '0' } as typeof fetched)).toBe(5)
  expect(batchesOf(fetched)).toHaveLength(1)
})
