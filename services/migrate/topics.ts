import type { Admin } from 'kafkajs'
import { deadLetterTopic, type Stream } from '../../schemas/streams/index.js'

export interface TopicLayout {
  readonly prefix: string
  readonly partitions: number
  readonly replicationFactor: number
}

/** Creates the topics that the streams need and the cluster lacks, and returns their names; a topic that is there is left as it is. */
export async function createTopics(
  admin: Admin,
  streams: readonly Stream[],
  { prefix, partitions, replicationFactor }: TopicLayout,
): Promise<readonly string[]> {
  const wanted = streams.flatMap(({ name }) => {
    const topic = `${prefix}${name}`
    return [
      { topic, numPartitions: partitions, configEntries: STREAM_SETTINGS },
      { topic: deadLetterTopic(topic), numPartitions: 1, configEntries: DEAD_LETTER_SETTINGS },
    ]
  })
  const existing = new Set(await admin.listTopics())
  const missing = wanted.filter(({ topic }) => !existing.has(topic))
  if (missing.length === 0) return []
  // Another run may create a topic between the look and this: `createTopics` answers false then, and the topic is there.
  await admin.createTopics({ topics: missing.map((topic) => ({ ...topic, replicationFactor })), waitForLeaders: true })
  return missing.map(({ topic }) => topic)
}

const DAY_MS = 24 * 60 * 60 * 1000
/** Kafka keeps a week: long enough to outlast an outage of ClickHouse over a long weekend. */
const STREAM_SETTINGS = [{ name: 'retention.ms', value: String(7 * DAY_MS) }]
/** A record that could not be stored waits a quarter for somebody to look. */
const DEAD_LETTER_SETTINGS = [{ name: 'retention.ms', value: String(90 * DAY_MS) }]
