import { CompressionTypes, type Kafka, Partitioners } from 'kafkajs'
import type { Compression } from '../../../schemas/kafka/compressions.js'
import type { ProducerPort } from '../ports.js'
import { compressionType } from './compression.js'

/** Thrown into a send or a connect of a producer that was disconnected. `retriable` makes kafkajs give up. */
class ProducerDisconnectedError extends Error {
  override readonly name = 'ProducerDisconnectedError'
  readonly retriable = false
}

export interface ProducerOptions {
  /**
   * How record batches are compressed (default `none`). `snappy` needs the package `snappy`, `lz4` needs `lz4-napi`,
   * and `zstd` before Node.js 22.15 needs `@hpcc-js/wasm-zstd`.
   */
  readonly compression?: Compression
}

/**
 * Makes idempotent kafkajs producers for an emitter.
 *
 * A send has no limit of retries: kafkajs counts sequence numbers, and a limit could break them (it warns of that). It
 * still ends when `disconnect` is called, or when no broker can be reached, which kafkajs's client limits. kafkajs
 * itself reconnects a producer that is disconnected in the middle of a send, sends again and leaves the connection
 * open; these producers do not.
 *
 * @throws {CompressionUnavailableError} when the package of the compression is missing
 */
export function kafkaProducer(kafka: Kafka, { compression = 'none' }: ProducerOptions = {}): () => ProducerPort {
  const type = compressionType(compression)
  return () => {
    let disconnected = false
    const underWay = new Set<Promise<unknown>>()
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => {
        const partition = Partitioners.DefaultPartitioner()
        return (choice) => {
          // kafkajs calls this at the start of every attempt, so it is the place to end its retries.
          if (disconnected) throw new ProducerDisconnectedError('The producer is disconnected.')
          return partition(choice)
        }
      },
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: Number.MAX_SAFE_INTEGER },
    })

    const track = async <T>(work: Promise<T>): Promise<T> => {
      underWay.add(work)
      try {
        return await work
      } finally {
        underWay.delete(work)
      }
    }

    return {
      connect: () => track(producer.connect()),
      send: (batch) => track(producer.send(type === CompressionTypes.None ? batch : { ...batch, compression: type })),
      async disconnect() {
        disconnected = true
        await producer.disconnect()
        if (underWay.size === 0) return
        // What was under way may have connected again before it ended.
        await Promise.allSettled(underWay)
        await producer.disconnect()
      },
    }
  }
}
