import type { Producer } from 'kafkajs'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import type { DeadLetter } from '../store/messages.js'

/** The partition that a record came from. */
export interface Origin {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/**
 * Writes the records that cannot be stored to the dead-letter topic. Resolves when Kafka has acknowledged all of them.
 */
export interface DeadLetters {
  send(origin: Origin, records: readonly DeadLetter[]): Promise<void>
}

/**
 * Dead letters in `<topic>.dead-letters`: the original bytes under the key `topic-partition-offset`, so that a letter
 * that is written twice after a crash counts once. The headers hold the reason and the origin.
 */
export function kafkaDeadLetters(producer: Producer): DeadLetters {
  return {
    async send({ topic, topicId, partition }, records) {
      if (records.length === 0) return
      await producer.send({
        topic: deadLetterTopic(topic),
        acks: -1,
        messages: records.map(({ offset, timestamp, reason, detail, value }) => ({
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
