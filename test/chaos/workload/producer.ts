import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka, Message } from 'kafkajs'
import { mix } from '../random.js'
import { addCodecs, compressionOf } from './compression.js'
import type { Contents } from './content.js'
import { createTransactions, type Transactions } from './transactions.js'

/** Fills the topic. */
export interface Workload {
  /** Kafka has acknowledged every number below this. */
  readonly acknowledged: number
  /** Number of records that were sent twice on purpose. */
  readonly duplicates: number
  /** Number of sends that failed and were repeated, whatever their result. */
  readonly failures: number
  readonly transactions: Pick<Transactions, 'counts' | 'outcomeOf'>
  /**
   * Sends invalid records in a row to one partition, beside the others. `place` decides which partition. Resolves when
   * they are acknowledged.
   */
  burst(records: number, place: number): Promise<void>
  /** Sends and aborts two transactions in one partition that are larger than a fetch. Resolves when they have ended. */
  abortLargeTransactions(place: number): Promise<void>
  /** Says how many offsets wait to be stored. The producer waits while they are too many. */
  backlogIs(offsets: number): void
  /** Sends until `pause`. */
  resume(): void
  /** Resolves when everything that was sent is acknowledged. */
  pause(): Promise<void>
  close(): Promise<void>
}

export interface WorkloadOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly partitions: number
  readonly recordsPerSecond: number
  readonly seed: number
  readonly contents: Contents
}

const TICK_MS = 50
/** Messages of one request of a burst: fewer than Kafka's limit of a batch. */
const BURST_REQUEST = 2_000
/** This many consecutive numbers go to one partition. */
const RUN = 8
/** One of this many batches is sent in transactions, in part. */
const TRANSACTIONS_EVERY = 8
/** Offsets that wait to be stored. More would take minutes to catch up with on a busy machine. */
const MAX_BACKLOG = 60_000
/** Records in two large transactions, beside their filling. */
const LARGE_RECORDS = 40
/** One of this many records is sent again, with the next batch. */
const DUPLICATE_EVERY = 200

/** Something to send between two batches. */
type Extra = () => Promise<void>

/** A producer that tracks what Kafka acknowledged. The key of each message is its number. */
export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const { kafka, topic, partitions, seed, contents } = options
  await addCodecs()
  // A failed send may have been executed. Repeat it, like a producer that restarts.
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } })
  await producer.connect()
  let acknowledged = 0
  let duplicates = 0
  let failures = 0
  let again: number[] = []
  const extras: Extra[] = []
  let batches = 0
  let backlog = 0
  let paused = true
  let loop: Promise<void> = Promise.resolve()

  function message(number: number) {
    return {
      key: String(number),
      partition: mix(seed, Math.floor(number / RUN), 18) % partitions,
      value: contents.encode(contents.of(number)),
    }
  }

  /** Each batch with a codec of its own. */
  async function send(messages: Message[]): Promise<void> {
    if (messages.length === 0) return
    const compression = compressionOf(seed, batches++)
    for (;;) {
      try {
        await producer.send({ topic, acks: -1, timeout: 5_000, compression, messages })
        return
      } catch {
        failures++
        await sleep(200)
      }
    }
  }

  const transactions = createTransactions({ kafka, topic, seed, message, sendPlainly: send })

  async function sendBurst(records: number, place: number): Promise<void> {
    const from = acknowledged
    contents.addBurst(from, from + records)
    for (let at = from; at < from + records; at += BURST_REQUEST) {
      const count = Math.min(BURST_REQUEST, from + records - at)
      const partition = place % partitions
      await send(Array.from({ length: count }, (_, index) => ({ ...message(at + index), partition })))
      acknowledged += count
    }
  }

  async function sendLargeTransactions(place: number): Promise<void> {
    const numbers = Array.from({ length: LARGE_RECORDS }, (_, index) => acknowledged + index)
    await transactions.sendLarge(numbers, place % partitions)
    acknowledged += LARGE_RECORDS
  }

  /** Resolves when `send` was called and has ended. */
  function soon(send: Extra): Promise<void> {
    return new Promise((resolve) => extras.push(() => send().then(resolve)))
  }

  async function run(): Promise<void> {
    let owed = 0
    let last = performance.now()
    while (!paused) {
      const now = performance.now()
      owed += ((now - last) / 1000) * options.recordsPerSecond
      last = now
      // Does not catch up at once after an outage.
      const room = backlog < MAX_BACKLOG
      const count = room ? Math.min(Math.floor(owed), options.recordsPerSecond) : 0
      owed = Math.min(owed - count, options.recordsPerSecond)
      const fresh = Array.from({ length: count }, (_, index) => acknowledged + index)
      const batch = [...fresh, ...again]
      const inTransactions = mix(seed, batches, 22) % TRANSACTIONS_EVERY === 0
      if (inTransactions && batch.length > 0) await transactions.send(batch)
      else await send(batch.map(message))
      duplicates += again.length
      again = fresh.filter((number) => mix(seed, number, 19) % DUPLICATE_EVERY === 0)
      acknowledged += count
      for (const extra of extras.splice(0)) await extra()
      await sleep(TICK_MS)
    }
  }

  return {
    get acknowledged() {
      return acknowledged
    },
    get duplicates() {
      return duplicates
    },
    get failures() {
      return failures
    },
    transactions,
    burst: (records, place) => soon(() => sendBurst(records, place)),
    abortLargeTransactions: (place) => soon(() => sendLargeTransactions(place)),
    backlogIs(offsets) {
      backlog = offsets
    },
    resume() {
      if (!paused) return
      paused = false
      loop = run()
    },
    async pause() {
      paused = true
      await loop
    },
    async close() {
      paused = true
      await loop
      await transactions.close()
      await producer.disconnect()
    },
  }
}
