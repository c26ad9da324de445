import { randomUUID } from 'node:crypto'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** The range to read of each partition: `to` is the first offset not read. */
export interface OffsetRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}

const EMPTY_AFTER_MS = 60_000

/**
 * Reads ranges of a topic, as they are now in Kafka, with the records of aborted transactions. Throws if Kafka does not
 * return all of it.
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  ranges: readonly OffsetRange[],
  visit: (partition: number, message: KafkaMessage) => void,
): Promise<void> {
  const open = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, range]))
  if (open.size === 0) return
  const consumer = kafka.consumer({
    groupId: `gatelog-chaos-${randomUUID()}`,
    maxBytesPerPartition: 8 * 1024 * 1024,
    readUncommitted: true,
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const silence = setTimeout(() => reject(new Error(`Kafka does not return ${topic} to its end.`)), EMPTY_AFTER_MS)
      const next = new Map([...open.values()].map(({ partition, from }) => [partition, from]))
      void consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        eachBatch: async ({ batch: { partition, messages } }) => {
          silence.refresh()
          for (const message of messages) {
            const range = open.get(partition)
            const offset = Number(message.offset)
            if (range === undefined || offset < (next.get(partition) ?? 0) || offset >= range.to) continue
            next.set(partition, offset + 1)
            visit(partition, message)
          }
        },
      })
      // The last offsets may hold no record: transactions end with a marker.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) + 1 >= (open.get(partition)?.to ?? Number.POSITIVE_INFINITY)) open.delete(partition)
        if (open.size > 0) return
        clearTimeout(silence)
        resolve()
      })
      for (const { partition, from } of open.values()) consumer.seek({ topic, partition, offset: String(from) })
    })
  } finally {
    await consumer.disconnect()
  }
}

/** The first unwritten offset of each partition. */
export async function endOffsets(kafka: Kafka, topic: string): Promise<readonly number[]> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const ends: number[] = []
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends[partition] = Number(high)
    return ends
  } finally {
    await admin.disconnect()
  }
}
