import type { Admin } from 'kafkajs'
import { deadLetterTopic, type Stream } from '../../schemas/streams/index.js'

export interface TopicLayout {
  readonly prefix: string
  readonly partitions: number
  readonly replicationFactor: number
}

/** Creates the missing topics of the streams and returns their names. Existing topics do not change. */
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
  // Another run may create a topic in between: `createTopics` then returns false, and the topic exists.
  await admin.createTopics({ topics: missing.map((topic) => ({ ...topic, replicationFactor })), waitForLeaders: true })
  return missing.map(({ topic }) => topic)
}

const DAY_MS = 24 * 60 * 60 * 1000
/** A week: longer than an outage of ClickHouse over a long weekend. */
const STREAM_SETTINGS = [{ name: 'retention.ms', value: String(7 * DAY_MS) }]
/** A quarter, for somebody to look at records that could not be stored. */
const DEAD_LETTER_SETTINGS = [{ name: 'retention.ms', value: String(90 * DAY_MS) }]
