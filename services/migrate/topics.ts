import kafkajs, { type Admin, type ConfigEntries } from 'kafkajs'
import { deadLetterTopic, type Stream } from '../../schemas/streams/index.js'

export interface TopicLayout {
  readonly prefix: string
  readonly partitions: number
  readonly replicationFactor: number
}

/**
 * Creates the topics that the streams need and the cluster lacks, and returns their names. An existing topic keeps its
 * configuration, except that a dead-letter topic takes batches larger than its stream's topic does.
 */
export async function createTopics(
  admin: Admin,
  streams: readonly Stream[],
  { prefix, partitions, replicationFactor }: TopicLayout,
): Promise<readonly string[]> {
  const origins = streams.map(({ name }) => `${prefix}${name}`)
  const wanted = origins.flatMap((topic) => [
    { topic, numPartitions: partitions, configEntries: STREAM_SETTINGS },
    { topic: deadLetterTopic(topic), numPartitions: 1, configEntries: DEAD_LETTER_SETTINGS },
  ])
  const existing = new Set(await admin.listTopics())
  const missing = wanted.filter(({ topic }) => !existing.has(topic))
  // Another run may create a topic between the two requests: `createTopics` returns false then, and the topic exists.
  if (missing.length > 0) {
    const topics = missing.map((topic) => ({ ...topic, replicationFactor }))
    await admin.createTopics({ topics, waitForLeaders: true })
  }
  for (const topic of origins) await giveHeadroom(admin, topic)
  return missing.map(({ topic }) => topic)
}

/**
 * Raises the largest batch of a dead-letter topic above that of its stream's topic: a letter is its record and the
 * headers about it.
 */
async function giveHeadroom(admin: Admin, topic: string): Promise<void> {
  const letters = deadLetterTopic(topic)
  const [origin, current] = await Promise.all([settingsOf(admin, topic), settingsOf(admin, letters)])
  const needed = Math.min(Number(origin.get(MAX_BATCH)?.configValue) * HEADROOM_FACTOR, LARGEST_BATCH)
  if (Number(current.get(MAX_BATCH)?.configValue) >= needed) return
  // kafkajs replaces a topic's whole configuration, so what others have set goes with it.
  const kept = [...current.values()].filter(
    ({ configName, configSource }) => configSource === SET_ON_TOPIC && configName !== MAX_BATCH,
  )
  const configEntries = [
    ...kept.map(({ configName, configValue }) => ({ name: configName, value: configValue })),
    { name: MAX_BATCH, value: String(needed) },
  ]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: letters, configEntries }],
  })
}

async function settingsOf(admin: Admin, topic: string): Promise<ReadonlyMap<string, ConfigEntries>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  })
  return new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry]))
}

const DAY_MS = 24 * 60 * 60 * 1000
/** A week: longer than an outage of ClickHouse over a long weekend. */
const STREAM_SETTINGS = [{ name: 'retention.ms', value: String(7 * DAY_MS) }]
/** A record that could not be stored is kept for a quarter. */
const DEAD_LETTER_SETTINGS = [{ name: 'retention.ms', value: String(90 * DAY_MS) }]
/** The topic setting that limits an encoded record batch, in bytes. */
const MAX_BATCH = 'max.message.bytes'
/** Twice: a compressed batch of the stream's topic holds records that are larger than itself. */
const HEADROOM_FACTOR = 2
/** The largest value that the setting can have. */
const LARGEST_BATCH = 2 ** 31 - 1
/** Kafka's number for a value that is set on the topic itself (DescribeConfigs, DYNAMIC_TOPIC_CONFIG). */
const SET_ON_TOPIC = 1
