import { type Kafka, Partitioners } from 'kafkajs'
import type { ProducerPort } from '../ports.js'

/**
 * Makes idempotent kafkajs producers for an emitter. A try is short, because the emitter itself tries again, for as
 * long as it takes, and `close` need not wait for more than the one under way.
 */
export function kafkaProducer(kafka: Kafka): () => ProducerPort {
  return () =>
    kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 },
    })
}
