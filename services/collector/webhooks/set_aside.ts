import { createHash } from 'node:crypto'
import type { Producer } from 'kafkajs'
import type { SizedMessage } from '../../../schemas/kafka/message_size.js'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import { redact } from '../../emitter/redaction/redact.js'
import { BatchSender } from '../../runtime/kafka/batch_sender.js'
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
  const sender = new BatchSender(producer)
  return {
    async send(source, events) {
      await sender.send(
        deadLetterTopic(topic),
        events.map((event) => messageOf(source.name, topic, event, now())),
      )
    },
  }
}

/** A letter keeps this many bytes of an event that is longer than `MAX_VALUE_BYTES`. */
const EXCERPT_BYTES = 1_024
const MAX_VALUE_BYTES = 128 * 1024
const MAX_DETAIL = 1_000

function messageOf(source: string, topic: string, { faults, event }: SetAsideEvent, timestamp: number): SizedMessage {
  const value = Buffer.from(JSON.stringify(redact(event)) ?? 'null')
  const digest = createHash('sha256').update(value).digest('hex')
  return {
    key: `source-${source}-${digest.slice(0, 32)}`,
    value: value.length > MAX_VALUE_BYTES ? value.subarray(0, EXCERPT_BYTES) : value,
    headers: {
      'gatelog-reason': SET_ASIDE_REASON,
      'gatelog-detail': faults.join('; ').slice(0, MAX_DETAIL),
      'gatelog-source': source,
      'gatelog-topic': topic,
      'gatelog-timestamp': String(timestamp),
      ...(value.length > MAX_VALUE_BYTES
        ? { 'gatelog-value-bytes': String(value.length), 'gatelog-value-sha256': digest }
        : {}),
    },
  }
}
