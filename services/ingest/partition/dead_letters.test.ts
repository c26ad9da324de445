import { createHash } from 'node:crypto'
import kafkajs, { type IHeaders, type ProducerRecord } from 'kafkajs'
import { expect, it } from 'vitest'
import type { DeadLetter } from '../store/messages.js'
import { kafkaDeadLetters } from './dead_letters.js'

const ORIGIN = { topic: 'auth_audits', topicId: 'T', partition: 3 }

function letter(offset: number, value: Uint8Array | null, key?: Uint8Array): DeadLetter {
  return { offset, timestamp: 1_000, reason: 'unknown_framing', detail: 'why', value, ...(key && { key }) }
}

/** Dead letters over a topic that takes values of up to `limit` bytes in a batch. */
function over(limit: number) {
  const sent: { key: string; value: Buffer | null; headers: IHeaders | undefined }[] = []
  const letters = kafkaDeadLetters({
    async send({ messages }: ProducerRecord) {
      const sizes = messages.map(({ value, headers }) => (value?.length ?? 0) + (headers?.['gatelog-key']?.length ?? 0))
      if (sizes.reduce((sum, size) => sum + size, 0) > limit) {
        throw new kafkajs.KafkaJSProtocolError(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }))
      }
      for (const { key, value, headers } of messages) {
        sent.push({ key: String(key), value: value as Buffer | null, headers })
      }
      return []
    },
  })
  return { sent, letters }
}

async function sendAll({ letters }: ReturnType<typeof over>, all: readonly DeadLetter[]): Promise<void> {
  for (let sent = 0; sent < all.length; ) sent += await letters.sendFrom(ORIGIN, all, sent)
}

it('keeps the bytes under the key of the record, and the reason and origin in headers', async () => {
  const topic = over(100)
  await sendAll(topic, [letter(7, Buffer.from('junk')), letter(8, null)])
  expect(topic.sent.map(({ key, value }) => [key, value?.toString()])).toEqual([
    ['auth_audits-3-7', 'junk'],
    ['auth_audits-3-8', undefined],
  ])
  expect(topic.sent[0]?.headers).toMatchObject({
    'gatelog-reason': 'unknown_framing',
    'gatelog-topic-id': 'T',
    'gatelog-offset': '7',
  })
})

it('keeps the key of the record in a header, as it is', async () => {
  const topic = over(100)
  const key = Buffer.from('00ff80', 'hex')
  await sendAll(topic, [letter(7, Buffer.from('junk'), key), letter(8, null, Buffer.alloc(0)), letter(9, null)])
  expect(topic.sent.map(({ headers }) => headers?.['gatelog-key'])).toEqual([key, Buffer.alloc(0), undefined])
})

it('leaves out a key that Kafka rejects as too large, also where there is no value', async () => {
  const topic = over(100)
  await sendAll(topic, [letter(7, Buffer.from('junk'), Buffer.alloc(200)), letter(8, null, Buffer.alloc(200))])
  expect(topic.sent.map(({ value, headers }) => [String(value), headers?.['gatelog-value-bytes']])).toEqual([
    ['junk', '4'],
    ['', '0'],
  ])
  for (const { headers } of topic.sent) expect(headers).not.toHaveProperty('gatelog-key')
})

it('keeps the length, the SHA-256 and the first bytes of a value that Kafka rejects alone', async () => {
  const topic = over(2_000)
  const large = Buffer.alloc(5_000, 'large')
  await sendAll(topic, [letter(1, Buffer.from('a')), letter(2, large), letter(3, Buffer.from('b'))])
  expect(topic.sent.map(({ value }) => value?.length)).toEqual([1, 1_024, 1])
  expect(topic.sent[1]?.value).toEqual(large.subarray(0, 1_024))
  expect(topic.sent[1]?.headers).toMatchObject({
    'gatelog-offset': '2',
    'gatelog-value-bytes': '5000',
    'gatelog-value-sha256': createHash('sha256').update(large).digest('hex'),
  })
  expect(topic.sent[2]?.headers).not.toHaveProperty('gatelog-value-sha256')
})

it('fails where even the first bytes are too large', async () => {
  const { letters } = over(10)
  await expect(letters.sendFrom(ORIGIN, [letter(1, Buffer.alloc(5_000))], 0)).rejects.toMatchObject({
    type: 'MESSAGE_TOO_LARGE',
  })
})
