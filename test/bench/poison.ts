import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { deadLetterTopic } from '../../schemas/streams/index.js'
import { cpuSeconds } from './cost.js'
import { fillTopic } from './records.js'
import { makeTopics, startServers } from './servers.js'
import { createTables } from './tables.js'
import { startWorker } from './worker.js'

const DATABASE = 'gatelog_poison'
const PREFIX = 'bench.'
const PARTITIONS = 6

/**
 * A burst of records that can't be read, each cut off by a byte, through a worker as it is shipped. The rate counts
 * from the first dead letter to the last.
 */
export async function benchPoison(records: number): Promise<void> {
  const servers = await startServers()
  const admin = servers.kafka.admin()
  try {
    await createTables(servers.admin, DATABASE, 'shipped')
    await makeTopics(servers, PREFIX, PARTITIONS)
    const topic = `${PREFIX}auth_audits`
    const filling = { records, partitions: PARTITIONS, change: (value: Buffer) => value.subarray(0, -1) }
    const { meanBytes } = await fillTopic(servers.kafka, topic, servers.registry.schemaId, filling)
    await admin.connect()
    const worker = await startWorker(servers, { database: DATABASE, topicPrefix: PREFIX, group: DATABASE })
    const first = await lettersReach(admin, topic, 1)
    const last = await lettersReach(admin, topic, records)
    const perSecond = ((last.letters - first.letters) / (last.at - first.at)) * 1000
    const cpu = cpuSeconds(worker.process.pid as number)
    await worker.stop()
    console.log(`${records} unreadable records of ${meanBytes.toFixed(0)} bytes on ${PARTITIONS} partitions:`)
    console.log(
      `${(perSecond / 1000).toFixed(1)} k/s became dead letters; the worker took ${cpu.toFixed(1)} s of CPU time`,
    )
    console.log(`${last.letters} letters`)
  } finally {
    await admin.disconnect()
    await servers.stop()
  }
}

async function lettersReach(admin: Admin, topic: string, count: number): Promise<{ letters: number; at: number }> {
  for (;;) {
    const ends = await admin.fetchTopicOffsets(deadLetterTopic(topic))
    const letters = ends.reduce((sum, { high }) => sum + Number(high), 0)
    if (letters >= count) return { letters, at: performance.now() }
    await delay(25)
  }
}
