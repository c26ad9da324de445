import { expect, it } from 'vitest'
import { BATCH_HEADER_BYTES, messageBytes } from '../../../schemas/kafka/message_size.js'
import { Queue } from './queue.js'

it('cuts batches by the bytes that Kafka counts, and of one message at least', () => {
  const queue = new Queue(Number.POSITIVE_INFINITY)
  const message = { key: '語'.repeat(2_730), value: Buffer.alloc(60), timestamp: '1700000000000' }
  for (let count = 0; count < 1_000; count++) queue.offer(message)
  const batch = queue.peek(1_000_000)
  const bytes = BATCH_HEADER_BYTES + batch.length * messageBytes(message)
  expect(bytes).toBeLessThanOrEqual(1_000_000)
  expect(bytes + messageBytes(message)).toBeGreaterThan(1_000_000)
  expect(queue.peek(10)).toHaveLength(1)
})

it('refuses what does not fit into its memory, and has room again after a removal', () => {
  const queue = new Queue(1_000)
  const message = { key: '語'.repeat(100), value: Buffer.alloc(100), timestamp: '1700000000000' }
  expect(queue.offer(message)).toBe(true)
  expect(queue.offer(message)).toBe(false)
  queue.remove(1)
  expect(queue.bytes).toBe(0)
  expect(queue.offer(message)).toBe(true)
})
