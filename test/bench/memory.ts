import { setTimeout as delay } from 'node:timers/promises'
import { scalar } from '../fixtures/records/scalar.js'
import { percentile, residentMiB } from './cost.js'
import { fillTopic } from './records.js'
import { makeTopics, startServers } from './servers.js'
import { createTables } from './tables.js'
import { startWorker } from './worker.js'

const DATABASE = 'gatelog_memory'
const PREFIX = 'bench.'
const PARTITIONS = 6

/** Resident memory of a worker while it works through a backlog. */
export async function benchMemory(records: number): Promise<void> {
  const servers = await startServers()
  try {
    await createTables(servers.admin, DATABASE, 'shipped')
    await makeTopics(servers, PREFIX, PARTITIONS)
    await fillTopic(servers.kafka, `${PREFIX}auth_audits`, servers.registry.schemaId, {
      records,
      partitions: PARTITIONS,
    })
    const worker = await startWorker(servers, { database: DATABASE, topicPrefix: PREFIX, group: DATABASE })
    const began = performance.now()
    const samples: number[] = []
    for (;;) {
      samples.push(residentMiB(worker.process.pid as number))
      if (Number(await scalar(servers.admin, `SELECT count() FROM ${DATABASE}.auth_audits`)) >= records) break
      await delay(250)
    }
    const seconds = (performance.now() - began) / 1000
    await worker.stop()
    const third = Math.floor(samples.length / 3)
    const mib = (value: number) => `${value.toFixed(0)} MiB`
    console.log(
      `${records} records behind, worked off in ${seconds.toFixed(0)} s, ${samples.length} samples of resident memory:`,
    )
    console.log(
      `median of the first third ${mib(percentile(samples.slice(0, third), 0.5))}, of the last third ${mib(percentile(samples.slice(-third), 0.5))}, most ${mib(Math.max(...samples))}`,
    )
  } finally {
    await servers.stop()
  }
}
