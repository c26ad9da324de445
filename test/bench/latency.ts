import { setTimeout as delay } from 'node:timers/promises'
import { createEmitter, kafkaProducer } from '../../services/emitter/index.js'
import { percentile } from './cost.js'
import { makeTopics, startServers } from './servers.js'
import { createTables } from './tables.js'
import { startWorker } from './worker.js'

const DATABASE = 'gatelog_latency'
const PREFIX = 'bench.'
const PARTITIONS = 6
const TICK_MS = 20

/**
 * How long a record takes from its emission to being visible to a query: emitted at a steady rate through the emitter, seen by a reader that
 * asks again and again for what is new. The reader's own interval is part of the figure.
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
    const delays: number[] = []
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

    let after = '1970-01-01 00:00:00.000'
    const seen = new Uint8Array(total)
    while (delays.length < total) {
      const result = await servers.admin.query({
        query: `SELECT user_id, toString(ingested_at) FROM ${DATABASE}.auth_audits
          WHERE ingested_at >= {after:DateTime64(3)} - INTERVAL 2 SECOND AND time > now64(6) - INTERVAL 30 SECOND`,
        query_params: { after },
        format: 'JSONCompactEachRow',
      })
      const rows = await result.json<[string, string]>()
      const now = performance.now()
      for (const [id, at] of rows) {
        const index = Number(id)
        if (at > after) after = at
        if (seen[index] === 1) continue
        seen[index] = 1
        delays.push(now - (emittedAt[index] as number))
      }
      await delay(50)
    }
    await emitting
    await emitter.close()
    await worker.stop()
    const figure = (share: number) => `${percentile(delays, share).toFixed(0)} ms`
    console.log(`${total} records at ${perSecond}/s, emitted → visible to a query (reader asks every 50 ms):`)
    console.log(`p50 ${figure(0.5)}, p90 ${figure(0.9)}, p99 ${figure(0.99)}, most ${figure(1)}`)
  } finally {
    await servers.stop()
  }
}
