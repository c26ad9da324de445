import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { createEmitter, kafkaProducer } from '../../services/emitter/index.js'
import { percentile } from './cost.js'
import { makeTopics, startServers } from './servers.js'
import { createTables } from './tables.js'
import { startWorker } from './worker.js'

const DATABASE = 'gatelog_latency'
const PREFIX = 'bench.'
const PARTITIONS = 6
const TICK_MS = 20

const LOOK_EVERY_MS = 50

/** How far a query saw each partition, and when its answer arrived. */
interface Look {
  readonly at: number
  /** The highest offset seen, by partition. */
  readonly offsets: ReadonlyMap<number, number>
}

/**
 * The time from the emission of a record until a query sees it. The emitter sends at a constant rate; a reader polls
 * how far each partition is visible. The reader's interval is part of the figure.
 */
export async function benchLatency(seconds: number, perSecond: number): Promise<void> {
  const servers = await startServers()
  try {
    await createTables(servers.admin, DATABASE, 'shipped')
    await makeTopics(servers, PREFIX, PARTITIONS)
    const worker = await startWorker(servers, { database: DATABASE, topicPrefix: PREFIX, group: DATABASE })
    const emitter = createEmitter({ createProducer: kafkaProducer(servers.kafka), topicPrefix: PREFIX })

    const total = seconds * perSecond
    const emittedAt = new Float64Array(total)
    let emitted = 0
    const began = performance.now()
    const emitting = (async () => {
      while (emitted < total) {
        const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond))
        for (; emitted < due; emitted++) {
          emittedAt[emitted] = performance.now()
          emitter.emit({
            user_id: String(emitted),
            trace_id: `t-${emitted >> 2}`,
            org_id: `org-${emitted % 50}`,
            stage: 'Login',
          })
        }
        await delay(TICK_MS)
      }
    })()

    const looks: Look[] = []
    while ((await rows(servers.admin)) < total) {
      looks.push(await look(servers.admin))
      await delay(LOOK_EVERY_MS)
    }
    looks.push(await look(servers.admin))
    await emitting
    await emitter.close()
    await worker.stop()
    const delays = await delaysOf(servers.admin, looks, emittedAt)
    const figure = (share: number) => `${percentile(delays, share).toFixed(0)} ms`
    console.log(`${total} records at ${perSecond}/s, emitted → visible to a query (reader asks every 50 ms):`)
    console.log(`p50 ${figure(0.5)}, p90 ${figure(0.9)}, p99 ${figure(0.99)}, most ${figure(1)}`)
  } finally {
    await servers.stop()
  }
}

async function rows(admin: ClickHouseClient): Promise<number> {
  const [row = []] = await answers(admin, `SELECT count() FROM ${DATABASE}.auth_audits`)
  return row[0] ?? 0
}

/**
 * A partition's records become visible in the order of their offsets, so its highest visible offset covers all below.
 */
async function look(admin: ClickHouseClient): Promise<Look> {
  const found = await answers(
    admin,
    `SELECT kafka_partition, max(kafka_offset) FROM ${DATABASE}.auth_audits GROUP BY kafka_partition`,
  )
  return { at: performance.now(), offsets: new Map(found as [number, number][]) }
}

/** The time of each record from its emission to the first poll that saw it, in milliseconds. */
async function delaysOf(admin: ClickHouseClient, looks: readonly Look[], emittedAt: Float64Array): Promise<number[]> {
  const places = await answers(
    admin,
    `SELECT toUInt32(user_id), kafka_partition, kafka_offset FROM ${DATABASE}.auth_audits ORDER BY kafka_partition, kafka_offset`,
  )
  let at = 0
  let current = -1
  return places.map(([index = 0, partition = 0, offset = 0]) => {
    if (partition !== current) at = 0
    current = partition
    while (((looks[at] as Look).offsets.get(partition) ?? -1) < offset) at++
    return (looks[at] as Look).at - (emittedAt[index] as number)
  })
}

async function answers(admin: ClickHouseClient, query: string): Promise<number[][]> {
  const result = await admin.query({ query, format: 'JSONCompactEachRow' })
  return (await result.json<(number | string)[]>()).map((row) => row.map(Number))
}
