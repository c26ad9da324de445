import { createHash } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import { redact } from '../../emitter/redaction/redact.js'
import type { Source } from '../sources/source.js'

/** An event of a webhook that cannot be stored. */
export interface SetAsideEvent {
  /** They name parts of the event and no values. */
  readonly faults: readonly string[]
  readonly event: unknown
}

/** Keeps events that cannot be stored. Resolves when Kafka has acknowledged all of them. */
export interface SetAside {
  send(source: Pick<Source, 'name' | 'kind'>, events: readonly SetAsideEvent[]): Promise<void>
}

/** The reason of every dead letter of the collector. */
export const SET_ASIDE_REASON = 'source_event_invalid'

/**
 * Writes events to the dead-letter topic of `topic`, without their secrets. The key is a digest of the event, so that
 * an event that is sent again is one letter. It has no offset: it never was in the topic.
 */
export function kafkaSetAside(producer: Pick<Producer, 'send'>, topic: string, now: () => number): SetAside {
  return {
    async send(source, events) {
      await producer.send({
        topic: deadLetterTopic(topic),
        acks: -1,
        messages: events.map(({ faults, event }) => {
          const value = JSON.stringify(redact(event)) ?? 'null'
          return {
            key: `source-${source.name}-${createHash('sha256').update(value).digest('hex').slice(0, 32)}`,
            value,
            headers: {
              'gatelog-reason': SET_ASIDE_REASON,
              'gatelog-detail': faults.join('; ').slice(0, MAX_DETAIL),
              'gatelog-source': source.name,
              'gatelog-topic': topic,
              'gatelog-timestamp': String(now()),
            },
          }
        }),
      })
    },
  }
}

const MAX_DETAIL = 1_000
