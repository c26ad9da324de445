import kafkajs, { type ProducerRecord } from 'kafkajs'
import { expect, it } from 'vitest'
import { BATCH_HEADER_BYTES, messageBytes, type SizedMessage } from '../../../schemas/kafka/message_size.js'
import { encodedBatch } from '../../../test/fixtures/records/record_batches.js'
import { BatchSender, MessageTooLargeError } from './batch_sender.js'

/** A producer of a topic that takes batches of up to `limit` encoded bytes, as Kafka counts them. */
function broker(limit: number) {
  const accepted: number[] = []
  let rejected = 0
  return {
    accepted,
    rejected: () => rejected,
    async send({ messages }: ProducerRecord) {
      const size = messages.reduce((sum, message) => sum + messageBytes(message as SizedMessage), BATCH_HEADER_BYTES)
      if (size > limit) {
        rejected++
        throw new kafkajs.KafkaJSProtocolError(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }))
      }
      accepted.push(messages.length)
      return []
    },
  }
}

const messages = (count: number, bytes: number): SizedMessage[] =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: Buffer.alloc(bytes) }))

it('splits messages by their encoded bytes, keys and headers included', async () => {
  const producer = broker(1_048_588)
  const headers = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`header-${index}`, 'x'.repeat(30)]))
  const letters = messages(20_000, 3).map((message) => ({ ...message, headers }))
  await new BatchSender(producer).send('t', letters)
  expect(producer.accepted.reduce((sum, count) => sum + count)).toBe(20_000)
  expect(producer.rejected()).toBe(0)
})

it('halves a batch that Kafka rejects as too large, and remembers the size', async () => {
  const producer = broker(40_000)
  const sender = new BatchSender(producer)
  await sender.send('t', messages(1_000, 1_000))
  const rejected = producer.rejected()
  expect(rejected).toBeGreaterThan(0)
  await sender.send('t', messages(1_000, 1_000))
  expect(producer.rejected()).toBe(rejected)
  expect(producer.accepted.reduce((sum, count) => sum + count)).toBe(2_000)
})

it('fails when Kafka rejects one message alone, after those before it were sent', async () => {
  const producer = broker(10_000)
  const sender = new BatchSender(producer)
  const mixed = [...messages(2, 10), ...messages(1, 20_000), ...messages(1, 10)]
  await expect(sender.send('t', mixed)).rejects.toBeInstanceOf(MessageTooLargeError)
  expect(producer.accepted.reduce((sum, count) => sum + count)).toBe(2)
})

it('repeats no other error', async () => {
  let sends = 0
  const send = async () => {
    sends++
    throw new Error('no broker')
  }
  await expect(new BatchSender({ send }).send('t', messages(2, 1))).rejects.toThrow('no broker')
  expect(sends).toBe(1)
})

it.each([
  ['a tombstone', { key: 'k', value: null }],
  ['a short value', { key: 'auth_audits-0-1', value: Buffer.from('x') }],
  ['text beyond ASCII', { key: '鍵'.repeat(1_000), value: Buffer.alloc(300) }],
  ['a large value', { key: 'k', value: Buffer.alloc(100_000) }],
])('counts no less than Kafka for %s', async (_name, message) => {
  const record = { offset: 0, timestamp: Date.now(), key: Buffer.from(message.key), value: message.value }
  const actual = (await encodedBatch([record])).length
  expect(messageBytes(message) + BATCH_HEADER_BYTES).toBeGreaterThanOrEqual(actual)
  expect(messageBytes(message) + BATCH_HEADER_BYTES).toBeLessThan(actual + 40)
})
