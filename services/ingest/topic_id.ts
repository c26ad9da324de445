import { Admin } from '@platformatic/kafka'

/** Tells the id that Kafka gave a topic when it was made: a topic made anew under the same name has another. */
export interface TopicIds {
  /** The topic's id, as a UUID's text. Throws while the cluster cannot be asked or has no such topic. */
  read(topic: string): Promise<string>
  close(): Promise<void>
}

/** kafkajs asks for metadata in a version that has no topic ids yet; this client speaks newer ones, and is used for nothing else. */
export function connectTopicIds(brokers: readonly string[], clientId: string): TopicIds {
  const admin = new Admin({
    clientId,
    bootstrapBrokers: [...brokers],
    retries: 0,
    connectTimeout: 3_000,
    requestTimeout: 10_000,
  })
  return {
    async read(topic) {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
      const id = topics.get(topic)?.id
      if (id === undefined) throw new Error(`The cluster has no topic ${topic}; run migrate.`)
      return id
    },
    close: () => admin.close(),
  }
}
