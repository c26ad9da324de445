import { setTimeout as delay } from 'node:timers/promises'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { marker, recordMaker } from './templates.js'

/** What the producer is to send, and where. */
export interface ProducerOrder {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly perSecond: number
  readonly people: number
  /** The user of the records by which a tail measures when they become visible. */
  readonly markedUser: string
}

/** Its answer when it stops. */
export interface Produced {
  readonly records: number
}

const TICK_MS = 20
const MARKER_EVERY_MS = 100

/** Sends records at a constant rate until `signal` aborts. Kafka has all of them when it resolves. */
async function produce(order: ProducerOrder, signal: AbortSignal): Promise<Produced> {
  const { brokers, topic, partitions, perSecond, people, markedUser } = order
  const kafka = new Kafka({ clientId: 'gatelog-bench-producer', brokers: [...brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const make = recordMaker(people)
  const began = performance.now()
  let [sent, records, nextMarker] = [0, 0, 0]
  while (!signal.aborted) {
    const elapsed = performance.now() - began
    const due = Math.floor((elapsed / 1_000) * perSecond)
    const now = Date.now()
    const messages = Array.from({ length: due - sent }, (_, index) => ({
      value: make(sent + index, now),
      partition: ((sent + index) >> 2) % partitions,
    }))
    sent = due
    if (elapsed >= nextMarker) {
      messages.push({ value: marker(markedUser), partition: (nextMarker / MARKER_EVERY_MS) % partitions })
      nextMarker += MARKER_EVERY_MS
    }
    records += messages.length
    if (messages.length > 0) await producer.send({ topic, messages, compression: CompressionTypes.None })
    await delay(Math.max(0, TICK_MS - (performance.now() - began - elapsed)))
  }
  await producer.disconnect()
  return { records }
}

const stopping = new AbortController()
process.on('message', (message: ProducerOrder | 'stop') => {
  if (message === 'stop') return stopping.abort()
  void produce(message, stopping.signal).then((produced) => {
    process.send?.(produced)
    process.disconnect()
  })
})
