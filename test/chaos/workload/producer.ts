import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { mix } from '../random.js'
import type { Contents } from './content.js'

/** Fills the topic. */
export interface Workload {
  /** Kafka has acknowledged every number below this. */
  readonly acknowledged: number
  /** Number of records that were sent twice on purpose. */
  readonly duplicates: number
  /** Number of sends that failed and were repeated, whatever their result. */
  readonly failures: number
  /** Sends invalid records in a row to one partition, beside the others. Resolves when they are acknowledged. */
  burst(records: number): Promise<void>
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
/** One of this many records is sent again, with the next batch. */
const DUPLICATE_EVERY = 200

interface Burst {
  readonly records: number
  readonly done: () => void
}

/** A producer that tracks what Kafka acknowledged. The key of each message is its number. */
export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const { kafka, topic, partitions, seed, contents } = options
  // A failed send may have been executed. Repeat it, like a producer that restarts.
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } })
  await producer.connect()
  let acknowledged = 0
  let duplicates = 0
  let failures = 0
  let again: number[] = []
  const bursts: Burst[] = []
  let paused = true
  let loop: Promise<void> = Promise.resolve()

  function message(number: number) {
    return {
      key: String(number),
      partition: mix(seed, Math.floor(number / RUN), 18) % partitions,
      value: contents.encode(contents.of(number)),
    }
  }

  async function send(messages: ReturnType<typeof message>[]): Promise<void> {
    for (;;) {
      try {
        await producer.send({ topic, acks: -1, timeout: 5_000, messages })
        return
      } catch {
        failures++
        await sleep(200)
      }
    }
  }

  async function sendBurst({ records, done }: Burst): Promise<void> {
    const from = acknowledged
    contents.addBurst(from, from + records)
    for (let at = from; at < from + records; at += BURST_REQUEST) {
      const count = Math.min(BURST_REQUEST, from + records - at)
      const partition = from % partitions
      await send(Array.from({ length: count }, (_, index) => ({ ...message(at + index), partition })))
      acknowledged += count
    }
    done()
  }

  async function run(): Promise<void> {
    let owed = 0
    let last = performance.now()
    while (!paused) {
      const now = performance.now()
      owed += ((now - last) / 1000) * options.recordsPerSecond
      last = now
      // Does not catch up at once after an outage.
      const count = Math.min(Math.floor(owed), options.recordsPerSecond)
      owed = Math.min(owed - count, options.recordsPerSecond)
      const fresh = Array.from({ length: count }, (_, index) => acknowledged + index)
      const batch = [...fresh, ...again]
      if (batch.length > 0) await send(batch.map(message))
      duplicates += again.length
      again = fresh.filter((number) => mix(seed, number, 19) % DUPLICATE_EVERY === 0)
      acknowledged += count
      for (const burst of bursts.splice(0)) await sendBurst(burst)
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
    burst: (records) => new Promise((resolve) => bursts.push({ records, done: resolve })),
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
      await producer.disconnect()
    },
  }
}
