import type { Producer } from 'kafkajs'
import { BATCH_HEADER_BYTES, messageBytes, type SizedMessage } from '../../../schemas/kafka/message_size.js'

/** Thrown when Kafka rejects a message that is alone in its batch as too large: a retry would be rejected too. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError'
  readonly code = 'KAFKA_MESSAGE_TOO_LARGE'
  /** As kafkajs names it. */
  readonly type = 'MESSAGE_TOO_LARGE'
  readonly retriable = false

  constructor(readonly topic: string) {
    super(`Kafka rejects the message as too large: see max.message.bytes of ${topic}.`)
  }
}

/** Below Kafka's default limit of a batch (1,048,588 bytes), and large enough that the round trip does not matter. */
const BATCH_BYTES = 512 * 1024

/**
 * Sends any number of messages in batches that Kafka accepts. A batch that Kafka rejects as too large is halved, and
 * the topic's later batches are no larger.
 */
export class BatchSender {
  readonly #limits = new Map<string, number>()

  constructor(readonly producer: Pick<Producer, 'send'>) {}

  /**
   * Sends `items` from index `from` on, as many as fit one batch, and resolves with how many when Kafka has
   * acknowledged them.
   *
   * @throws {MessageTooLargeError} when Kafka rejects the first message alone
   */
  async sendFrom<T>(
    topic: string,
    items: readonly T[],
    from: number,
    messageOf: (item: T) => SizedMessage,
  ): Promise<number> {
    for (;;) {
      const { messages, bytes } = fill(items, from, messageOf, this.#limits.get(topic) ?? BATCH_BYTES)
      try {
        await this.producer.send({ topic, acks: -1, messages })
        return messages.length
      } catch (error) {
        if (!isTooLarge(error)) throw error
        if (messages.length === 1) throw new MessageTooLargeError(topic)
        this.#limits.set(topic, bytes / 2)
      }
    }
  }

  /** Sends all messages, in order. @throws {MessageTooLargeError} */
  async send(topic: string, messages: readonly SizedMessage[]): Promise<void> {
    for (let sent = 0; sent < messages.length; ) {
      sent += await this.sendFrom(topic, messages, sent, (message) => message)
    }
  }
}

/** The first messages that fit `limit`; at least one. */
function fill<T>(
  items: readonly T[],
  from: number,
  messageOf: (item: T) => SizedMessage,
  limit: number,
): { readonly messages: SizedMessage[]; readonly bytes: number } {
  const messages: SizedMessage[] = []
  let bytes = BATCH_HEADER_BYTES
  for (let at = from; at < items.length; at++) {
    const message = messageOf(items[at] as T)
    const size = messageBytes(message)
    if (messages.length > 0 && bytes + size > limit) break
    messages.push(message)
    bytes += size
  }
  return { messages, bytes }
}

/** Kafka's errors for a batch that exceeds `max.message.bytes`, and for one that exceeds a segment. */
const TOO_LARGE: ReadonlySet<unknown> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** kafkajs wraps the broker's error. */
function isTooLarge(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (TOO_LARGE.has((at as { type?: unknown }).type)) return true
  }
  return false
}
