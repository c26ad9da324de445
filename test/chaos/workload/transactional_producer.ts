import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka, Producer, ProducerRecord, Transaction } from 'kafkajs'

/** How a transaction ended. A producer does not know it after a commit that had no answer. */
export type Outcome = 'committed' | 'aborted' | 'unknown'

export type Ending = 'commit' | 'abort'

const AGAIN_MS = 200

/**
 * A producer of transactions, one at a time. After a failure it begins again under the same transactional id: Kafka
 * then aborts what was open, as after a restart of the producer.
 */
export class TransactionalProducer {
  #producer: Producer | undefined
  #transaction: Transaction | undefined
  #failed = false

  constructor(
    readonly kafka: Kafka,
    readonly transactionalId: string,
  ) {}

  /** Begins a transaction. Tries for as long as it takes. */
  async begin(): Promise<void> {
    this.#failed = false
    while (this.#transaction === undefined) {
      try {
        this.#producer ??= await this.#connect()
        this.#transaction = await this.#producer.transaction()
      } catch {
        await this.close()
        await sleep(AGAIN_MS)
      }
    }
  }

  /** Sends in the transaction. After a failure it sends nothing more, and the transaction is aborted. */
  async send(record: ProducerRecord): Promise<void> {
    if (this.#failed || record.messages.length === 0) return
    try {
      await this.#transaction?.send({ acks: -1, timeout: 5_000, ...record })
    } catch {
      this.#failed = true
    }
  }

  /** Ends the transaction. When it is aborted, Kafka has aborted it. */
  async end(how: Ending): Promise<Outcome> {
    const transaction = this.#transaction as Transaction
    this.#transaction = undefined
    try {
      if (this.#failed) throw new Error('A message was not sent.')
      await transaction[how]()
      return how === 'commit' ? 'committed' : 'aborted'
    } catch {
      const outcome = how === 'abort' || this.#failed ? 'aborted' : 'unknown'
      await this.close()
      await this.begin()
      return outcome
    }
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect().catch(() => undefined)
    this.#producer = undefined
    this.#transaction = undefined
  }

  async #connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      transactionalId: this.transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 10 },
    })
    await producer.connect()
    return producer
  }
}
