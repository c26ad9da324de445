import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'

/**
 * Tells the id that Kafka gave a topic when it was made, as a UUID's text: a topic made anew under the same name has another. Rejects while
 * the cluster cannot be asked, or has no such topic.
 */
export type ReadTopicId = (topic: string) => Promise<string>

const TIMEOUT_MS = 10_000

/**
 * kafkajs asks for metadata in a version that has no topic ids yet; this client speaks newer ones, and is used for nothing else. It is asked
 * seldom, when partitions are assigned, so each asking has a connection of its own, and partitions that ask at once share one.
 */
export function topicIdReader(brokers: readonly string[], clientId: string): ReadTopicId {
  const asking = new Map<string, Promise<string>>()

  async function ask(topic: string): Promise<string> {
    const admin = new Admin({ clientId, bootstrapBrokers: [...brokers], retries: 0, connectTimeout: 3_000 })
    try {
      const { topics } = await within(TIMEOUT_MS, admin.metadata({ topics: [topic] }))
      const id = topics.get(topic)?.id
      if (id === undefined) throw new Error(`The cluster has no topic ${topic}; run migrate.`)
      return id
    } finally {
      // Not waited for: a connection that cannot be closed in order is of no more use either way.
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
