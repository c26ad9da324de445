import { setTimeout as delay } from 'node:timers/promises'
import type { Events } from '../events.js'
import type { ProducerPort } from '../ports.js'
import type { Queue } from './queue.js'

export interface SenderOptions {
  readonly topic: string
  readonly queue: Queue
  readonly events: Events
  readonly createProducer: () => ProducerPort
  readonly lingerMs: number
  readonly maxBatchBytes: number
}

const FIRST_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5_000
/**
 * A producer that failed this often in a row is replaced: an idempotent one may be stuck in a sequence that the broker
 * refuses for good.
 */
const ATTEMPTS_PER_PRODUCER = 5

/**
 * Moves records from the queue to Kafka, one batch at a time and in order, for as long as it takes. A batch that failed
 * is sent again as it was, so that the broker knows it by its sequence numbers; what still arrives twice bears the same
 * `event_id`.
 */
export class Sender {
  #producer: ProducerPort | undefined
  #wake: (() => void) | undefined
  #stopping = false
  #urgent = false
  readonly #abort = new AbortController()
  readonly #finished: Promise<void>

  constructor(readonly options: SenderOptions) {
    this.#finished = this.#run()
  }

  /** Tells that there is something in the queue. */
  wake(): void {
    this.#wake?.()
  }

  /** Sends what is queued without waiting for more to come. */
  hurry(): void {
    this.#urgent = true
    this.wake()
  }

  /** Sends what is queued, for at most `timeoutMs`, then lets the producer go. What is left stays in the queue. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true
    this.hurry()
    const timer = setTimeout(() => this.#abort.abort(), timeoutMs)
    await Promise.race([this.#finished, aborted(this.#abort.signal)])
    clearTimeout(timer)
    this.#abort.abort()
    await this.#dropProducer()
  }

  async #run(): Promise<void> {
    const { queue, lingerMs, events } = this.options
    while (!this.#abort.signal.aborted) {
      if (queue.length === 0) {
        this.#urgent = false
        if (this.#stopping) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      if (!this.#urgent && queue.bytes < this.options.maxBatchBytes) await this.#pause(lingerMs)
      await this.#sendOldest()
      events.queued(queue.bytes)
    }
  }

  async #sendOldest(): Promise<void> {
    const { queue, events, topic, maxBatchBytes } = this.options
    const batch = queue.peek(maxBatchBytes)
    const messages = batch.map(({ message }) => message)
    for (let attempt = 1; !this.#abort.signal.aborted; attempt++) {
      try {
        const producer = await this.#connected()
        await producer.send({ topic, messages, acks: -1 })
        queue.remove(batch.length)
        for (const { settle } of batch) settle?.()
        events.acknowledged(batch.length)
        if (attempt > 1) events.sendRecovered(attempt)
        return
      } catch (error) {
        events.sendFailed(error, batch.length, attempt)
        if (attempt % ATTEMPTS_PER_PRODUCER === 0) await this.#dropProducer()
        await this.#pause(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt) * (0.5 + Math.random() / 2))
      }
    }
  }

  async #connected(): Promise<ProducerPort> {
    if (this.#producer !== undefined) return this.#producer
    const producer = this.options.createProducer()
    await producer.connect()
    this.#producer = producer
    return producer
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    // A producer that cannot say good-bye has nothing left that we need.
    await producer?.disconnect().catch(() => undefined)
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#abort.signal }).catch(() => undefined)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
