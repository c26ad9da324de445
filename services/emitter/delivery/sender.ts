import { setTimeout as delay } from 'node:timers/promises'
import timeout from 'p-timeout'
import type { Events } from '../events.js'
import type { ProducerPort } from '../ports.js'
import { ProducerConnection } from './connection.js'
import type { Queue, QueuedMessage } from './queue.js'
import { finalRejection } from './rejection.js'

export interface SenderOptions {
  readonly topic: string
  readonly queue: Queue
  readonly events: Events
  readonly createProducer: () => ProducerPort
  readonly lingerMs: number
  /** Largest record batch, in bytes as Kafka counts them. */
  readonly maxBatchBytes: number
  /** Called for a message that Kafka refuses for good, with the protocol's name of the error. */
  readonly onRejected: (entry: QueuedMessage, code: string) => void
}

const FIRST_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5_000
/**
 * A producer that fails this often in a row is replaced: an idempotent producer can be stuck in its sequence numbers.
 */
const ATTEMPTS_PER_PRODUCER = 5
/** A send that takes longer than this is logged, and again after each such time. */
const SLOW_SEND_MS = 10_000
/** How long a send under way may take to fail when its producer is disconnected, in milliseconds. */
const SETTLE_MS = 1_000
/** How fast batches grow again after one that Kafka refused. */
const GROWTH = 1.25

/**
 * Moves messages from the queue to Kafka, one batch at a time and in order. It retries a batch for as long as it takes,
 * and unchanged, so that the broker recognizes it by its sequence numbers. A record that still arrives twice has the
 * same `event_id`.
 *
 * When Kafka refuses a batch for good, the sender cuts smaller batches until it has found the record at fault. It drops
 * that record, and the others go on.
 */
export class Sender {
  readonly #connection: ProducerConnection
  #batchBytes: number
  #wake: (() => void) | undefined
  #stopping = false
  #flushing = false
  #stopped = false
  readonly #abort = new AbortController()
  readonly #finished: Promise<void>

  constructor(readonly options: SenderOptions) {
    this.#connection = new ProducerConnection(options.createProducer)
    this.#batchBytes = options.maxBatchBytes
    this.#finished = this.#run()
  }

  /** Call after a message was added to the queue. */
  wake(): void {
    this.#wake?.()
  }

  /** Sends what is queued without waiting for more messages. */
  flush(): void {
    this.#flushing = true
    this.wake()
  }

  /**
   * Sends what is queued for at most `timeoutMs`, then disconnects. What is left stays in the queue, and nothing of it
   * is sent afterwards, except perhaps a request that is on its way: its messages are marked as `sent`.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true
    this.flush()
    await settled(this.#finished, timeoutMs)
    this.#abort.abort()
    await this.#connection.close()
    await settled(this.#finished, SETTLE_MS)
    this.#stopped = true
  }

  async #run(): Promise<void> {
    const { queue, events } = this.options
    while (!this.#abort.signal.aborted) {
      if (queue.length === 0) {
        this.#flushing = false
        if (this.#stopping) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      try {
        if (!this.#flushing && queue.bytes < this.options.maxBatchBytes) await this.#pause(this.options.lingerMs)
        await this.#send(queue.peek(this.#batchBytes))
      } catch (error) {
        // Nothing of the producer's can stop the sender, not even an error object whose properties throw.
        events.sendFailed(error, queue.length, 1)
        await this.#pause(MAX_BACKOFF_MS)
      }
      events.queued(queue.bytes)
    }
  }

  /** Returns when the batch is acknowledged, refused for good, or given up by `stop`. */
  async #send(batch: readonly QueuedMessage[]): Promise<void> {
    const { events } = this.options
    for (let attempt = 1; !this.#abort.signal.aborted; attempt++) {
      try {
        await this.#attempt(batch)
        this.#acknowledge(batch)
        if (attempt > 1) events.sendRecovered(attempt)
        return
      } catch (error) {
        if (this.#abort.signal.aborted) return
        const code = finalRejection(error)
        if (code !== undefined) return this.#shrink(batch, code)
        events.sendFailed(error, batch.length, attempt)
        if (attempt % ATTEMPTS_PER_PRODUCER === 0) await this.#connection.reset()
        await this.#pause(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt) * (0.5 + Math.random() / 2))
      }
    }
  }

  async #attempt(batch: readonly QueuedMessage[]): Promise<void> {
    const { topic, events } = this.options
    const producer = await this.#connection.connect()
    if (this.#abort.signal.aborted) return Promise.reject(this.#abort.signal.reason)
    for (const entry of batch) entry.sent = true
    const since = Date.now()
    const slow = setInterval(() => {
      if (!this.#stopped) events.sendSlow(batch.length, Date.now() - since)
    }, SLOW_SEND_MS).unref()
    try {
      await producer.send({ topic, messages: batch.map(({ message }) => message), acks: -1 })
    } finally {
      clearInterval(slow)
    }
  }

  #acknowledge(batch: readonly QueuedMessage[]): void {
    // After `stop` has returned, the queue's owner has said what became of these messages.
    if (this.#stopped) return
    this.options.queue.remove(batch.length)
    for (const { settle } of batch) settle?.()
    this.options.events.acknowledged(batch.length)
    this.#batchBytes = Math.min(this.options.maxBatchBytes, this.#batchBytes * GROWTH)
  }

  /** Drops the message of a batch of one. Cuts smaller batches otherwise. */
  async #shrink(batch: readonly QueuedMessage[], code: string): Promise<void> {
    const [first] = batch
    if (batch.length === 1 && first !== undefined) {
      this.options.queue.remove(1)
      this.options.onRejected(first, code)
      return
    }
    this.#batchBytes = batch.reduce((sum, { bytes }) => sum + bytes, 0) / 2
    // Some partitions may have stored their part, under sequence numbers that no other batch can use.
    await this.#connection.reset()
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#abort.signal }).catch(() => undefined)
  }
}

/** Resolves when the promise has, or after `milliseconds`. */
async function settled(promise: Promise<void>, milliseconds: number): Promise<void> {
  await timeout(promise, { milliseconds: Math.max(1, milliseconds), fallback: () => undefined })
}
