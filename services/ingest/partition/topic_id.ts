import { setTimeout as delay } from 'node:timers/promises'
import { Admin, type BaseOptions } from '@platformatic/kafka'
import { isNamed, kafkaSecurity } from '../../runtime/kafka/security.js'
import type { KafkaConfig } from '../../runtime/kafka.js'

/**
 * Reads the id that Kafka gave a topic when it was created, as the text of a UUID. A topic that is deleted and created
 * again has another id. Rejects while the cluster cannot be reached, or has no such topic.
 */
export type ReadTopicId = (topic: string) => Promise<string>

const TIMEOUT_MS = 10_000

/**
 * kafkajs requests metadata in a version without topic ids, so we use another client for this alone. Topic ids are read
 * only when partitions are assigned, so each request opens its own connection; concurrent requests for a topic share
 * one.
 */
export function topicIdReader(config: KafkaConfig, clientId: string): ReadTopicId {
  const options = optionsFor(config, clientId)
  const asking = new Map<string, Promise<string>>()

  async function ask(topic: string): Promise<string> {
    const admin = new Admin(options)
    try {
      const { topics } = await within(TIMEOUT_MS, admin.metadata({ topics: [topic] }))
      const id = topics.get(topic)?.id
      if (id === undefined) throw new Error(`The cluster has no topic ${topic}; run migrate.`)
      return id
    } finally {
      // We don't wait: the connection is of no more use, closed in order or not.
      void admin.close().catch(() => undefined)
    }
  }

  return (topic) => {
    const underway = asking.get(topic)
    if (underway !== undefined) return underway
    const answer = ask(topic).finally(() => asking.delete(topic))
    asking.set(topic, answer)
    return answer
  }
}

function optionsFor(config: KafkaConfig, clientId: string): BaseOptions {
  const { tls, login } = kafkaSecurity(config)
  const named = config.KAFKA_BROKERS.every(isNamed)
  return {
    clientId,
    bootstrapBrokers: [...config.KAFKA_BROKERS],
    retries: 0,
    connectTimeout: 3_000,
    ...(tls === undefined ? {} : { tls, tlsServerName: named }),
    ...(login === undefined ? {} : { sasl: { ...login } }),
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = delay(milliseconds, undefined, { signal: done.signal }).then(() => {
    throw new Error(`Kafka did not answer within ${milliseconds} ms.`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    late.catch(() => undefined)
    done.abort()
  }
}
