import { randomUUID } from 'node:crypto'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** Calls `visit` for every message that a topic holds now, in order within a partition; resolves after the last one. */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  visit: (message: KafkaMessage) => Promise<void> | void,
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const unread = new Map(
    (await admin.fetchTopicOffsets(topic))
      .filter(({ low, high }) => Number(low) < Number(high))
      .map(({ partition, high }) => [partition, Number(high)]),
  )
  if (unread.size > 0) await readUntil(kafka, topic, unread, visit, admin)
  await admin.disconnect()
}

/** kafkajs reads only as a member of a group, so this is a group with one member, which is deleted afterwards. */
async function readUntil(
  kafka: Kafka,
  topic: string,
  unread: Map<number, number>,
  visit: (message: KafkaMessage) => Promise<void> | void,
  admin: ReturnType<Kafka['admin']>,
): Promise<void> {
  const groupId = `gatelog-cli-${randomUUID()}`
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
            for (const message of batch.messages) {
              await visit(message)
              resolveOffset(message.offset)
              await heartbeat()
            }
            const end = unread.get(batch.partition)
            if (end !== undefined && Number(batch.lastOffset()) + 1 >= end) unread.delete(batch.partition)
            if (unread.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => undefined)
  }
}
