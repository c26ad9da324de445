import type { Admin } from 'kafkajs'

/** The offsets that Kafka holds of one partition. */
export interface PartitionOffsets {
  /** The offset of the oldest record. */
  readonly beginning: number
  /** The offset that the next record gets. */
  readonly end: number
}

/** Reads the offsets of all partitions of a topic, by partition. */
export type ReadTopicOffsets = (topic: string) => Promise<ReadonlyMap<number, PartitionOffsets>>

/** Partitions that start at once share one request. */
export function topicOffsetsReader(admin: Pick<Admin, 'fetchTopicOffsets'>): ReadTopicOffsets {
  const requests = new Map<string, Promise<ReadonlyMap<number, PartitionOffsets>>>()

  async function request(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>> {
    const offsets = await admin.fetchTopicOffsets(topic)
    return new Map(
      offsets.map(({ partition, low, high }) => [partition, { beginning: Number(low), end: Number(high) }]),
    )
  }

  return (topic) => {
    const current = requests.get(topic)
    if (current !== undefined) return current
    const made = request(topic).finally(() => requests.delete(topic))
    requests.set(topic, made)
    return made
  }
}
