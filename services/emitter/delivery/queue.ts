import { BATCH_HEADER_BYTES, messageBytes } from '../../../schemas/kafka/message_size.js'
import type { OutgoingMessage } from '../ports.js'

/** A message that waits for Kafka. */
export interface QueuedMessage {
  readonly message: OutgoingMessage
  /** Bytes that Kafka counts for the message. */
  readonly bytes: number
  /** Whether the message was ever given to a producer. Then Kafka may have it, even if it has not acknowledged it. */
  sent: boolean
  /** What else has the message: it says whether it is on disk, too. */
  readonly owner?: { readonly stored: boolean } | undefined
  /** Called once: without an error when Kafka has acknowledged the message. */
  readonly settle?: ((error?: Error) => void) | undefined
}

/** What a message costs in memory beyond its bytes: the entry, the promise, the headers of three objects. */
const OVERHEAD_BYTES = 200

/** A first-in, first-out queue with a limit in bytes. */
export class Queue {
  #entries: QueuedMessage[] = []
  #head = 0
  #bytes = 0
  #offered = 0
  #removed = 0
  #waiting: { readonly until: number; readonly resolve: () => void }[] = []

  constructor(readonly maxBytes: number) {}

  /** The memory that the queued messages use, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  /** Appends a message. Returns false if it does not fit. */
  offer(message: OutgoingMessage, settle?: QueuedMessage['settle'], owner?: QueuedMessage['owner']): boolean {
    const bytes = messageBytes(message)
    if (this.#bytes + bytes + OVERHEAD_BYTES > this.maxBytes) return false
    this.#bytes += bytes + OVERHEAD_BYTES
    this.#offered++
    this.#entries.push({ message, bytes, sent: false, settle, owner })
    return true
  }

  /**
   * The oldest messages that fit into one record batch of `maxBytes`, and at least one if there is any. They stay in
   * the queue until `remove`.
   */
  peek(maxBytes: number): readonly QueuedMessage[] {
    let end = this.#head
    let bytes = BATCH_HEADER_BYTES
    while (end < this.#entries.length) {
      bytes += (this.#entries[end] as QueuedMessage).bytes
      if (bytes > maxBytes && end > this.#head) break
      end++
    }
    return this.#entries.slice(this.#head, end)
  }

  /** Removes the `count` oldest messages. */
  remove(count: number): void {
    for (let index = this.#head; index < this.#head + count; index++) {
      this.#bytes -= (this.#entries[index] as QueuedMessage).bytes + OVERHEAD_BYTES
    }
    this.#head += count
    this.#removed += count
    // Moving the rest costs as much as what was removed, so the amortized cost is constant.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    const reached = this.#waiting.filter(({ until }) => until <= this.#removed)
    this.#waiting = this.#waiting.filter(({ until }) => until > this.#removed)
    for (const { resolve } of reached) resolve()
  }

  /** Resolves when everything that is in the queue now has been removed. */
  drained(): Promise<void> {
    if (this.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ until: this.#offered, resolve }))
  }
}
