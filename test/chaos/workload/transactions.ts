import { CompressionTypes, type Kafka, type Message } from 'kafkajs'
import { mix } from '../random.js'
import { compressionOf } from './compression.js'
import { type Outcome, TransactionalProducer } from './transactional_producer.js'

/** The header that names the transaction of a message. */
export const TRANSACTION_HEADER = 'transaction'

/** Sends numbers in transactions that overlap. Those of an aborted transaction are sent again without one. */
export interface Transactions {
  /** How the transaction with this number ended. */
  outcomeOf(transaction: number): Outcome | undefined
  /** How many were committed, aborted, and ended without the producer knowing how. */
  readonly counts: Readonly<Record<Outcome, number>>
  /** Sends in two transactions and outside of them, in turn. */
  send(numbers: readonly number[]): Promise<void>
  /** Two transactions to one partition, with more bytes between their starts and ends than a fetch has; both abort. */
  sendLarge(numbers: readonly number[], partition: number): Promise<void>
  close(): Promise<void>
}

export interface TransactionsOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly seed: number
  readonly message: (number: number) => Message
  /** Sends outside of transactions, until Kafka acknowledges. */
  readonly sendPlainly: (messages: Message[]) => Promise<void>
}

/** More than the worker fetches at once. */
const LARGE_BATCHES = 12
const LARGE_BYTES = 800_000

export function createTransactions(options: TransactionsOptions): Transactions {
  const { kafka, topic, seed, message, sendPlainly } = options
  const one = new TransactionalProducer(kafka, `${topic}-one`)
  const two = new TransactionalProducer(kafka, `${topic}-two`)
  const outcomes: Outcome[] = []
  const counts = { committed: 0, aborted: 0, unknown: 0 }
  let begun = 0

  async function begin(producer: TransactionalProducer, codec?: CompressionTypes) {
    const transaction = begun++
    const headers = { [TRANSACTION_HEADER]: String(transaction) }
    const sent = new Set<number>()
    const compression = codec ?? compressionOf(seed, transaction)
    await producer.begin()
    return {
      transaction,
      async send(numbers: readonly number[], change: Partial<Message> = {}): Promise<void> {
        for (const number of numbers) sent.add(number)
        const messages = numbers.map((number) => ({ ...message(number), ...change, headers }))
        await producer.send({ topic, compression, messages })
      },
      /** Ends it. What is not surely committed is sent again. */
      async end(how: 'commit' | 'abort'): Promise<void> {
        const outcome = await producer.end(how)
        outcomes[transaction] = outcome
        counts[outcome]++
        if (outcome !== 'committed') await sendPlainly([...sent].map(message))
      },
    }
  }

  const ending = (transaction: number) => (mix(seed, transaction, 23) % 2 === 0 ? 'commit' : 'abort')

  return {
    counts,
    outcomeOf: (transaction) => outcomes[transaction],
    async send(numbers) {
      const part = Math.ceil(numbers.length / 5)
      const at = (index: number) => numbers.slice(index * part, (index + 1) * part)
      const first = await begin(one)
      const second = await begin(two)
      await Promise.all([first.send(at(0)), second.send(at(1))])
      await sendPlainly(at(2).map(message))
      await Promise.all([first.send(at(3)), second.send(at(4))])
      await first.end(ending(first.transaction))
      await second.end(ending(second.transaction))
    },
    async sendLarge(numbers, partition) {
      const half = Math.ceil(numbers.length / 2)
      const first = await begin(one, CompressionTypes.None)
      const second = await begin(two, CompressionTypes.None)
      await first.send(numbers.slice(0, half), { partition })
      await second.send(numbers.slice(half), { partition })
      for (let batch = 0; batch < LARGE_BATCHES; batch++) {
        await second.send(numbers.slice(-1), { partition, value: Buffer.alloc(LARGE_BYTES, 'aborted') })
      }
      await first.send(numbers.slice(0, 1), { partition })
      await first.end('abort')
      await second.end('abort')
    },
    async close() {
      await one.close()
      await two.close()
    },
  }
}
