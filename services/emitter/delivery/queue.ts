import type { OutgoingMessage } from '../ports.js'

/** What waits for Kafka: a message, and who wants to hear of it. */
export interface Queued {
  readonly message: OutgoingMessage
  readonly bytes: number
  readonly settle?: (error?: Error) => void
}

/** What a message costs in memory beside its value and key: the entry, the promise, the headers of three objects. */
const OVERHEAD_BYTES = 200

/** First in, first out, bounded in bytes. */
export class Queue {
  #entries: Queued[] = []
  #head = 0
  #bytes = 0
  #offered = 0
  #removed = 0
  #waiting: { readonly until: number; readonly resolve: () => void }[] = []

  constructor(readonly maxBytes: number) {}

  get bytes(): number {
    return this.#bytes
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  /** Appends, unless that would pass the bound; false then. */
  offer(message: OutgoingMessage, settle?: Queued['settle']): boolean {
    const bytes = message.value.length + message.key.length + OVERHEAD_BYTES
    if (this.#bytes + bytes > this.maxBytes) return false
    this.#bytes += bytes
    this.#offered++
    this.#entries.push(settle === undefined ? { message, bytes } : { message, bytes, settle })
    return true
  }

  /**
   * The oldest entries up to `maxBytes` of message, at least one if there is any. They stay in the queue until
   * `remove`.
   */
  peek(maxBytes: number): readonly Queued[] {
    let end = this.#head
    let bytes = 0
    while (end < this.#entries.length) {
      const { message } = this.#entries[end] as Queued
      bytes += message.value.length + message.key.length
      if (bytes > maxBytes && end > this.#head) break
      end++
    }
    return this.#entries.slice(this.#head, end)
  }

  /** Takes the `count` oldest entries out. */
  remove(count: number): void {
    for (let index = this.#head; index < this.#head + count; index++)
      this.#bytes -= (this.#entries[index] as Queued).bytes
    this.#head += count
    this.#removed += count
    // Moving what is left costs as much as what was taken: amortized, nothing.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    const reached = this.#waiting.filter(({ until }) => until <= this.#removed)
    this.#waiting = this.#waiting.filter(({ until }) => until > this.#removed)
    for (const { resolve } of reached) resolve()
  }

  /** Resolves when all that is in the queue now has been taken out. */
  drained(): Promise<void> {
    if (this.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ until: this.#offered, resolve }))
  }
}
