import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { authAudits } from '../../schemas/streams/index.js'
import { scalar } from '../fixtures/records/scalar.js'
import { cpuSeconds, median } from './cost.js'
import { fillTopic } from './records.js'
import { makeTopics, type Servers, startServers } from './servers.js'
import { createTables, type Layout, startKafkaEngine } from './tables.js'
import { startWorker } from './worker.js'

interface Measured {
  readonly perSecond: number
  readonly workerCpu: number
  readonly serverCpu: number
  readonly bytesPerRecord: number
  /** A checksum of all records that does not depend on their order. */
  readonly checksum: string
}

const PARTITIONS = 6
const PREFIX = 'bench.'

/**
 * Gatelog's ingest (exactly once) and ClickHouse's Kafka engine (at least once), in turn, with the same topic, server
 * and columns. The rate counts from the first visible row to the last; CPU time is that of worker and server for the
 * whole move. With `tls` Gatelog's ingest also runs with TLS and a login to Kafka, and TLS to ClickHouse.
 */
export async function benchIngest(records: number, rounds: number, tls: boolean): Promise<void> {
  const servers = await startServers({ tls })
  try {
    const topic = `${PREFIX}auth_audits`
    await makeTopics(servers, PREFIX, PARTITIONS)
    const { meanBytes } = await fillTopic(servers.kafka, topic, servers.registry.schemaId, {
      records,
      partitions: PARTITIONS,
    })
    console.log(`${records} records of ${meanBytes.toFixed(0)} bytes on ${PARTITIONS} partitions, ${rounds} rounds\n`)
    const bytes = { plain: 0, shipped: 0 }
    for (const layout of ['plain', 'shipped'] as const) {
      const gatelog: Measured[] = []
      const overTls: Measured[] = []
      const engine: Measured[] = []
      for (let round = 0; round < rounds; round++) {
        gatelog.push(await measure(servers, records, layout, `${layout}_gatelog_${round}`, moveByWorker(servers)))
        if (tls) overTls.push(await measure(servers, records, layout, `${layout}_tls_${round}`, moveOverTls(servers)))
        engine.push(await measure(servers, records, layout, `${layout}_engine_${round}`, moveByEngine(servers, topic)))
      }
      report(layout, records, gatelog, engine, overTls)
      const checksums = new Set([...gatelog, ...engine, ...overTls].map(({ checksum }) => checksum))
      if (checksums.size > 1)
        throw new Error('The two did not store the same: one of them lost, doubled or changed something.')
      bytes[layout] = median(gatelog.map(({ bytesPerRecord }) => bytesPerRecord))
    }
    console.log(`shipped        ${(bytes.shipped / bytes.plain).toFixed(2)}× the bytes of the plain table`)
  } finally {
    await servers.stop()
  }
}

/** Starts a move into a database. Reports the CPU time of its own process, and stops it. */
type Move = (database: string) => Promise<{ cpu: () => number; stop: () => Promise<unknown> }>

function moveByWorker(servers: Servers, environment?: Servers['overTls']): Move {
  return async (database) => {
    const worker = await startWorker(servers, { database, topicPrefix: PREFIX, group: database, environment })
    return { cpu: () => cpuSeconds(worker.process.pid as number), stop: () => worker.stop() }
  }
}

function moveOverTls(servers: Servers): Move {
  return moveByWorker(servers, servers.overTls)
}

function moveByEngine({ admin, broker, registry }: Servers, topic: string): Move {
  return async (database) => {
    const options = { database, brokers: broker.brokers, topic, group: database, registryUrl: registry.url }
    return { cpu: () => 0, stop: await startKafkaEngine(admin, options) }
  }
}

async function measure(
  { admin, clickhouse }: Servers,
  records: number,
  layout: Layout,
  name: string,
  start: Move,
): Promise<Measured> {
  const database = `gatelog_${name}`
  await createTables(admin, database, layout)
  const before = cpuSeconds(clickhouse.pid)
  const move = await start(database)
  const first = await rowsReach(admin, database, 1)
  const last = await rowsReach(admin, database, records)
  const workerCpu = move.cpu()
  const serverCpu = cpuSeconds(clickhouse.pid) - before
  await move.stop()
  // As after a day: one part, merged in the background.
  await admin.command({ query: `OPTIMIZE TABLE ${database}.auth_audits FINAL` })
  const bytesPerRecord = (await bytesOnDisk(admin, database)) / last.rows
  const checksum = await checksumOf(admin, database)
  await admin.command({ query: `DROP DATABASE ${database} SYNC` })
  const perSecond = ((last.rows - first.rows) / (last.at - first.at)) * 1000
  return { perSecond, workerCpu, serverCpu, bytesPerRecord, checksum }
}

async function rowsReach(
  admin: ClickHouseClient,
  database: string,
  rows: number,
): Promise<{ rows: number; at: number }> {
  for (;;) {
    const found = Number(await scalar(admin, `SELECT count() FROM ${database}.auth_audits`))
    if (found >= rows) return { rows: found, at: performance.now() }
    await delay(25)
  }
}

/** A checksum of contents and origin. (The engine reads `event_id` in another byte order.) */
async function checksumOf(admin: ClickHouseClient, database: string): Promise<string> {
  const fields = ['time', 'kafka_partition', 'kafka_offset', ...authAudits.fields.map(({ name }) => name)]
  return scalar(admin, `SELECT toString(sum(cityHash64(${fields.join(', ')}))) FROM ${database}.auth_audits`)
}

async function bytesOnDisk(admin: ClickHouseClient, database: string): Promise<number> {
  const parts = `system.parts WHERE database = '${database}' AND table = 'auth_audits' AND active`
  return Number(await scalar(admin, `SELECT sum(bytes_on_disk) FROM ${parts}`))
}

function report(
  layout: Layout,
  records: number,
  gatelog: readonly Measured[],
  engine: readonly Measured[],
  overTls: readonly Measured[],
): void {
  const millions = records / 1_000_000
  const cpu = ({ workerCpu, serverCpu }: Measured) => (workerCpu + serverCpu) / millions
  const line = (name: string, all: readonly Measured[]) =>
    [
      name.padEnd(14),
      `${(median(all.map(({ perSecond }) => perSecond)) / 1000).toFixed(1)} k/s`.padStart(12),
      `${median(all.map(({ workerCpu }) => workerCpu / millions)).toFixed(2)} s`.padStart(10),
      `${median(all.map(({ serverCpu }) => serverCpu / millions)).toFixed(2)} s`.padStart(10),
      `${median(all.map(cpu)).toFixed(2)} s`.padStart(10),
      `${median(all.map(({ bytesPerRecord }) => bytesPerRecord)).toFixed(0)} B`.padStart(8),
    ].join('')
  const ratios = (of: (measured: Measured) => number, others: readonly Measured[], theirs: readonly Measured[]) =>
    median(others.map((ours, round) => of(ours) / of(theirs[round] as Measured)))
  const ratio = (name: string, ours: readonly Measured[], theirs: readonly Measured[]) => {
    const records = ratios(({ perSecond }) => perSecond, ours, theirs)
    return `${name.padEnd(14)} ${records.toFixed(2)}× records/s, ${ratios(cpu, ours, theirs).toFixed(2)}× CPU`
  }
  console.log(`into the ${layout} table    records/s  worker CPU/M  server CPU/M  both/M  on disk/record`)
  console.log(line('Gatelog', gatelog))
  if (overTls.length > 0) console.log(line('Gatelog, TLS', overTls))
  console.log(line('Kafka engine', engine))
  console.log(ratio('ratio', gatelog, engine))
  if (overTls.length > 0) console.log(ratio('TLS to plain', overTls, gatelog))
  console.log('')
}
