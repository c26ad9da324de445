import { createRequire } from 'node:module'
import fc from 'fast-check'
import { CompressionTypes } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { type BatchOptions, encodedBatch, type KeptRecord } from '../../../test/fixtures/records/record_batches.js'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { decodeFetchResponse } from './fetch_response.js'
import { batchesOf, firstOffsetOf, logStartOffsetOf, responseOf } from './fetched_batches.js'
import { openBatch } from './open_batch.js'

const kafkajsDecode = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch/v11/response').decode as (
  bytes: Buffer,
) => Promise<{
  responses: { partitions: { messages: { offset: string; timestamp: string; key: Buffer; value: Buffer }[] }[] }[]
}>

const HEADER_BYTES = 61
const NOON = Date.UTC(2026, 0, 15, 12)
const HIGH_WATERMARK = 2n ** 50n

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** A fetch response of version 11 with one partition. */
function response(batches: readonly Buffer[], aborted: readonly (readonly [bigint, bigint])[] = []): Buffer {
  const records = Buffer.concat(batches)
  return Buffer.concat([
    ...[int32(7), Buffer.from([0, 0]), int32(0), int32(1)],
    ...[Buffer.from([0, 5]), Buffer.from('topic'), int32(1)],
    ...[int32(3), Buffer.from([0, 0]), int64(HIGH_WATERMARK), int64(HIGH_WATERMARK - 1n), int64(2n)],
    int32(aborted.length),
    ...aborted.flatMap(([producerId, firstOffset]) => [int64(producerId), int64(firstOffset)]),
    ...[int32(-1), int32(records.length), records],
  ])
}

function partitionOf(bytes: Buffer) {
  const [topic] = decodeFetchResponse(bytes, new ResponseBuffers()).responses
  const [partition] = topic?.partitions ?? []
  return partition as NonNullable<typeof partition>
}

async function ours(bytes: Buffer) {
  const read = []
  for (const { recordBatch } of partitionOf(bytes).messages) {
    for (const reader = await openBatch(recordBatch); reader.next(); ) {
      const { bytes: from, keyStart, keyLength, valueStart, valueLength } = reader
      const part = (start: number, length: number) => (length < 0 ? null : from.subarray(start, start + length))
      const [key, value] = [part(keyStart, keyLength), part(valueStart, valueLength)]
      read.push({ offset: String(reader.offset), timestamp: String(reader.timestamp), key, value })
    }
  }
  return read
}

async function theirs(bytes: Buffer) {
  const { responses } = await kafkajsDecode(bytes)
  const messages = responses[0]?.partitions[0]?.messages ?? []
  return messages.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value }))
}

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)))

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

describe('a fetch response', () => {
  it('has the records that kafkajs reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), fc.nat(), async (batches, cut) => {
        const encoded = await Promise.all(batches.map(({ kept, options }) => encodedBatch(kept, options)))
        const last = encoded.pop() as Buffer
        // A fetch may end anywhere in its last batch; within a header, kafkajs would fail.
        const fetched = response([...encoded, last.subarray(0, last.length - (cut % (last.length - HEADER_BYTES)))])
        expect(await ours(fetched)).toEqual(await theirs(fetched))
      }),
      { numRuns: 300 },
    )
  })

  it('has the other fields that kafkajs reads', async () => {
    const fetched = response([], [])
    expect(decodeFetchResponse(fetched, new ResponseBuffers())).toEqual(await kafkajsDecode(fetched))
  })

  it('that is cut off throws an error', async () => {
    const whole = response([await encodedBatch([{ offset: 7, timestamp: NOON, key: null, value: null }])])
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeFetchResponse(whole.subarray(0, length), new ResponseBuffers())).toThrow(RangeError)
    }
  })

  it('names the first offset that was requested, the log’s start and its memory', async () => {
    const records = [5, 6, 7].map((offset) => ({ offset, timestamp: NOON, key: null, value: null }))
    const { messages } = partitionOf(response([await encodedBatch(records)]))
    const fetched = { messages, fetchedOffset: '6' } as unknown as Parameters<typeof firstOffsetOf>[0]
    expect(firstOffsetOf(fetched)).toBe(6)
    expect(firstOffsetOf({ ...fetched, fetchedOffset: '0' } as typeof fetched)).toBe(5)
    expect(batchesOf(fetched)).toHaveLength(1)
    expect(logStartOffsetOf(fetched)).toBe(2)
    expect(responseOf(fetched)?.length).toBe(messages[0]?.recordBatch.bytes.length)
  })

  it('marks the batches of aborted transactions and the markers that end transactions', async () => {
    const record = (offset: number) => [{ offset, timestamp: NOON, key: null, value: Buffer.from('x') }]
    const marker = (offset: number, type: number) => [
      { offset, timestamp: NOON, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) },
    ]
    const of = (producerId: number) => ({ transactional: true, producerId })
    const batches = await Promise.all([
      encodedBatch(record(10), of(1)),
      encodedBatch(record(11), of(2)),
      encodedBatch(marker(12, 0), { ...of(1), attributes: 0x20 }),
      encodedBatch(record(13), of(1)),
      encodedBatch(marker(14, 1), { ...of(1), attributes: 0x20 }),
      encodedBatch(marker(15, 0), { ...of(2), attributes: 0x20 }),
    ])
    const { messages, abortedTransactions } = partitionOf(
      response(batches, [
        [1n, 4n],
        [2n, 5n],
      ]),
    )
    expect(messages.map(({ recordBatch }) => recordBatch.content)).toEqual([
      ...['aborted', 'aborted', 'control', 'records', 'control', 'control'],
    ])
    expect(messages.map(({ offset }) => offset)).toEqual(['10', '11', '12', '13', '14', '15'])
    expect(abortedTransactions).toEqual([])
  })
})
