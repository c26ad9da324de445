import { createHash } from 'node:crypto'
import type { Producer } from 'kafkajs'
import type { SizedMessage } from '../../../schemas/kafka/message_size.js'
import { deadLetterTopic, KEY_HEADER } from '../../../schemas/streams/index.js'
import { BatchSender, MessageTooLargeError } from '../../runtime/kafka/batch_sender.js'
import type { DeadLetter } from '../store/messages.js'

/** The partition that a record came from. */
export interface Origin {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/** Writes the records that cannot be stored to the dead-letter topic. */
export interface DeadLetters {
  /**
   * Sends letters from index `from` on, as many as fit one batch, and resolves with how many when Kafka has
   * acknowledged them. So a retry after an outage repeats one batch and not all.
   */
  sendFrom(origin: Origin, letters: readonly DeadLetter[], from: number): Promise<number>
}

/** How many of a value's first bytes a letter keeps whose value Kafka rejects as too large. */
const EXCERPT_BYTES = 1024

/**
 * Dead letters in `<topic>.dead-letters`: the original bytes under the key `topic-partition-offset`, so that a letter
 * that is written twice after a crash counts once. The headers hold the reason, the origin and the record's key. When
 * Kafka rejects a letter as too large, its value is cut, its key is left out, and two more headers hold the length and
 * the SHA-256 of the whole value.
 */
export function kafkaDeadLetters(producer: Pick<Producer, 'send'>): DeadLetters {
  const sender = new BatchSender(producer)
  return {
    async sendFrom(origin, letters, from) {
      const topic = deadLetterTopic(origin.topic)
      try {
        return await sender.sendFrom(topic, letters, from, (letter) => messageOf(origin, letter))
      } catch (error) {
        const first = letters[from]
        if (!(error instanceof MessageTooLargeError) || first === undefined) throw error
        if (first.value === null && first.key === undefined) throw error
        await sender.send(topic, [excerptOf(origin, first)])
        return 1
      }
    },
  }
}

function messageOf(origin: Origin, letter: DeadLetter): SizedMessage {
  const { topic, topicId, partition } = origin
  const { offset, lastOffset, timestamp, reason, detail, key, value } = letter
  return {
    key: `${topic}-${partition}-${offset}`,
    value: value === null ? null : bufferOf(value),
    headers: {
      'gatelog-reason': reason,
      'gatelog-detail': detail,
      'gatelog-topic': topic,
      'gatelog-topic-id': topicId,
      'gatelog-partition': String(partition),
      'gatelog-offset': String(offset),
      ...(lastOffset === undefined ? {} : { 'gatelog-last-offset': String(lastOffset) }),
      'gatelog-timestamp': String(timestamp),
      ...(key === undefined ? {} : { [KEY_HEADER]: bufferOf(key) }),
    },
  }
}

/** Without the record's key, which may be what is large. */
function excerptOf(origin: Origin, { key: _key, ...letter }: DeadLetter): SizedMessage {
  const value = letter.value ?? new Uint8Array(0)
  const { headers, ...message } = messageOf(origin, { ...letter, value: value.subarray(0, EXCERPT_BYTES) })
  return {
    ...message,
    headers: {
      ...headers,
      'gatelog-value-bytes': String(value.length),
      'gatelog-value-sha256': createHash('sha256').update(value).digest('hex'),
    },
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
