import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createEmitter, kafkaProducer, type ProducerPort } from '../../../services/emitter/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

/** `npm run spool:away` emits what an hour at 2,000 a second makes: 7,200,000. */
const RECORDS = Number(process.env.SPOOL_AWAY_RECORDS ?? 150_000)
/** A small outage goes before: after it, all that is made once has been made. */
const WARM_UP = 40_000
/** Of what is kept, and of what the process has in all: the engine collects its garbage late. */
const MAX_KEPT_GROWTH = 16 * 1024 * 1024
const MAX_GROWTH = 256 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function keptBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

let folder: string
let sandbox: Sandbox
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatelog-spool-'))
  sandbox = await createSandbox(inject('servers'))
  await sandbox.startIngest()
})
afterAll(async () => {
  await sandbox?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A sign-in of four stages each. */
function stage(index: number) {
  const trace = index >> 2
  return {
    trace_id: `trace-${trace}`,
    stage: `Stage ${index % 4}`,
    event: 'Success',
    user_id: `user-${trace % 20_000}`,
    org_id: `org-${trace % 200}`,
    source_ip: `198.51.100.${trace % 250}`,
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  }
}

test(
  `${RECORDS} records while Kafka is away: memory stays flat, and afterwards each is stored once`,
  async () => {
    const nobody = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    let isAway = true
    const away = kafkaProducer(nobody)
    const back = kafkaProducer(sandbox.kafka)
    /** A connected producer's next send fails, too. */
    const cutOff = (producer: ProducerPort): ProducerPort => ({
      ...producer,
      send: (batch) => (isAway ? Promise.reject(new Error('The connection is cut.')) : producer.send(batch)),
    })
    const emitter = createEmitter({
      topicPrefix: sandbox.prefix,
      maxQueueBytes: 4 * 1024 * 1024,
      spool: { dir: folder },
      createProducer: () => (isAway ? away() : cutOff(back())),
    })
    /** An outage from one record to another, and the end of it. Returns what the process had in memory at most. */
    async function outage(from: number, to: number): Promise<{ kept: number; inAll: number }> {
      const most = { kept: 0, inAll: 0 }
      const measure = () => {
        most.inAll = Math.max(most.inAll, process.memoryUsage().rss)
      }
      isAway = true
      const measuring = setInterval(measure, 100)
      for (let index = from; index < to; index++) {
        if (!emitter.emit(stage(index)).accepted) expect.fail(`record ${index} was not accepted`)
        if (index % 100 === 0) await turn()
      }
      most.kept = keptBytes()
      expect(emitter.stats()).toMatchObject({ dropped: {}, spool: { failures: 0 } })
      expect(emitter.stats().spool.bytes).toBeGreaterThan((to - from) * 200)
      isAway = false
      await emitter.flush()
      clearInterval(measuring)
      return most
    }
    const small = await outage(0, WARM_UP)
    const large = await outage(WARM_UP, RECORDS)
    await emitter.close()
    expect(emitter.stats().dropped).toEqual({})
    expect(readdirSync(join(folder, 'auth_audits')).filter((name) => name.endsWith('.segment'))).toEqual([])
    expect(large.kept - small.kept).toBeLessThan(MAX_KEPT_GROWTH)
    expect(large.inAll - small.inAll).toBeLessThan(MAX_GROWTH)
    if (process.env.SPOOL_AWAY_RECORDS !== undefined) process.stderr.write(`${JSON.stringify({ small, large })}\n`)

    const all = `${RECORDS} ${RECORDS}`
    const stored = "SELECT concat(toString(count()), ' ', toString(uniqExact(event_id))) FROM auth_audits"
    expect(await sandbox.eventually(stored, all, 600_000)).toBe(all)
  },
  60 * 60_000,
)
