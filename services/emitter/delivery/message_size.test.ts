import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { OutgoingMessage } from '../ports.js'
import { BATCH_HEADER_BYTES, messageBytes } from './message_size.js'
import { Queue } from './queue.js'

/** kafkajs's own encoder of produce requests, which is not part of its interface. */
const load = createRequire(import.meta.url)
const encodeRecord: (fields: object) => unknown = load('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<{ size(): number }>
}

/** The size of the record batch that kafkajs sends for these messages. */
async function batchBytes(messages: readonly OutgoingMessage[]): Promise<number> {
  const timestamps = messages.map(({ timestamp }) => Number(timestamp))
  const [first, max] = [Math.min(...timestamps), Math.max(...timestamps)]
  const records = messages.map(({ key, value, timestamp }, offsetDelta) =>
    encodeRecord({ key, value, offsetDelta, timestampDelta: Number(timestamp) - first }),
  )
  const lastOffsetDelta = records.length - 1
  return (await RecordBatch({ records, firstTimestamp: first, maxTimestamp: max, lastOffsetDelta })).size()
}

const message: fc.Arbitrary<OutgoingMessage> = fc.record({
  key: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat(3_000).map((length) => '語'.repeat(length)),
  ),
  value: fc.nat(70_000).map((length) => Buffer.alloc(length)),
  timestamp: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }).map(String),
})

it('counts what kafkajs encodes, and at most 11 bytes a message more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), async (messages) => {
      const actual = await batchBytes(messages)
      const counted = messages.reduce((sum, each) => sum + messageBytes(each), BATCH_HEADER_BYTES)
      expect(counted).toBeGreaterThanOrEqual(actual)
      expect(counted - actual).toBeLessThanOrEqual(11 * messages.length)
    }),
    { numRuns: 200 },
  )
})

it('a queue cuts batches of at most the given size, and of one message at least', async () => {
  const queue = new Queue(Number.POSITIVE_INFINITY)
  const long = { key: '語'.repeat(2_730), value: Buffer.alloc(60), timestamp: '1700000000000' }
  for (let count = 0; count < 1_000; count++) queue.offer(long)
  const batch = queue.peek(1_000_000)
  expect(batch.length).toBeGreaterThan(115)
  expect(await batchBytes(batch.map(({ message }) => message))).toBeLessThanOrEqual(1_000_000)
  expect(queue.peek(10)).toHaveLength(1)
})
