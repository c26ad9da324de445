import type { Producer } from 'kafkajs'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import type { DeadLetter } from '../store/messages.js'

/** Where a record that cannot be stored came from. */
export interface Origin {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/** Keeps the records that cannot be stored. Resolves when Kafka has acknowledged all of them. */
export interface DeadLetters {
  send(origin: Origin, poison: readonly DeadLetter[]): Promise<void>
}

/**
 * Dead letters in `<topic>.dead-letters`: the original bytes under the key `topic-partition-offset`, so that a letter written twice after
 * a crash is known as one; the headers say why and where from.
 */
export function kafkaDeadLetters(producer: Producer): DeadLetters {
  return {
    async send({ topic, topicId, partition }, poison) {
      if (poison.length === 0) return
      await producer.send({
        topic: deadLetterTopic(topic),
        acks: -1,
        messages: poison.map(({ offset, timestamp, reason, detail, value }) => ({
          key: `${topic}-${partition}-${offset}`,
          value: value === null ? null : Buffer.from(value),
          headers: {
            'gatelog-reason': reason,
            'gatelog-detail': detail,
            'gatelog-topic': topic,
            'gatelog-topic-id': topicId,
            'gatelog-partition': String(partition),
            'gatelog-offset': String(offset),
            'gatelog-timestamp': String(timestamp),
          },
        })),
      })
    },
  }
}
