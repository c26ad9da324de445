import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BATCH_HEADER_BYTES, messageBytes, type SizedMessage } from './message_size.js'

/** kafkajs's own encoder of produce requests, which is not part of its interface. */
const load = createRequire(import.meta.url)
const encodeRecord: (fields: object) => unknown = load('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<{ size(): number }>
}

interface TimedMessage extends SizedMessage {
  readonly timestamp: string
}

/** The size of the record batch that kafkajs sends for these messages. */
async function batchBytes(messages: readonly TimedMessage[]): Promise<number> {
  const timestamps = messages.map(({ timestamp }) => Number(timestamp))
  const [first, max] = [Math.min(...timestamps), Math.max(...timestamps)]
  const records = messages.map(({ key, value, headers, timestamp }, offsetDelta) =>
    encodeRecord({ key, value, headers, offsetDelta, timestampDelta: Number(timestamp) - first }),
  )
  const lastOffsetDelta = records.length - 1
  return (await RecordBatch({ records, firstTimestamp: first, maxTimestamp: max, lastOffsetDelta })).size()
}

const message: fc.Arbitrary<TimedMessage> = fc.record({
  key: fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.nat(3_000).map((length) => '語'.repeat(length)),
  ),
  value: fc.option(fc.nat(70_000).map((length) => Buffer.alloc(length))),
  headers: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { noNullPrototype: true }),
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
