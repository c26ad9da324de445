import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { Kafka, logLevel } from 'kafkajs'
import { type ClickHouseServer, startClickHouse } from '../../deploy/local/clickhouse/start.js'
import { type KafkaServer, startKafka } from '../../deploy/local/kafka/start.js'
import { streams } from '../../schemas/streams/index.js'
import { createTopics } from '../../services/migrate/topics.js'
import { freePorts } from '../fixtures/stack/ports.js'
import { type Registry, startRegistry } from '../fixtures/stack/registry.js'

/** The servers of one measurement, with nothing else on them. */
export interface Servers {
  readonly broker: KafkaServer
  readonly kafka: Kafka
  readonly clickhouse: ClickHouseServer
  readonly registry: Registry
  /** A client of a user with all rights: it also creates the tables of ClickHouse's Kafka engine. */
  readonly admin: ClickHouseClient
  stop(): Promise<void>
}

export async function startServers(): Promise<Servers> {
  const dir = await mkdtemp(join(tmpdir(), 'gatelog-bench-'))
  const [port = 0, controllerPort = 0, httpPort = 0, nativePort = 0] = await freePorts(4)
  const password = () => randomBytes(16).toString('hex')
  const adminPassword = password()
  await mkdir(join(dir, 'clickhouse', 'users.d'), { recursive: true })
  await writeFile(join(dir, 'clickhouse', 'users.d', 'bench.xml'), adminUser(adminPassword), { mode: 0o600 })
  const [broker, clickhouse, registry] = await Promise.all([
    startKafka({ dir: join(dir, 'kafka'), port, controllerPort, heapMb: 1_024 }),
    startClickHouse({
      dir: join(dir, 'clickhouse'),
      httpPort,
      nativePort,
      passwords: {
        migrate: password(),
        ingest: password(),
        query: password(),
        export: password(),
        analyst: password(),
      },
    }),
    startRegistry(),
  ])
  const admin = createClient({
    url: clickhouse.url,
    username: 'bench',
    password: adminPassword,
    request_timeout: 300_000,
    log: { level: ClickHouseLogLevel.OFF },
  })
  return {
    broker,
    clickhouse,
    registry,
    admin,
    kafka: new Kafka({ clientId: 'gatelog-bench', brokers: [...broker.brokers], logLevel: logLevel.NOTHING }),
    async stop() {
      await admin.close()
      await Promise.all([broker.stop(), clickhouse.stop(), registry.stop()])
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Only a ClickHouse, for benches that read. */
export async function startClickHouseAlone(): Promise<
  Pick<ClickHouseServer, 'url' | 'users'> & { stop(): Promise<void> }
> {
  const dir = await mkdtemp(join(tmpdir(), 'gatelog-bench-'))
  const [httpPort = 0, nativePort = 0] = await freePorts(2)
  const password = () => randomBytes(16).toString('hex')
  const passwords = {
    migrate: password(),
    ingest: password(),
    query: password(),
    export: password(),
    analyst: password(),
  }
  const clickhouse = await startClickHouse({ dir, httpPort, nativePort, passwords })
  return {
    ...clickhouse,
    async stop() {
      await clickhouse.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Creates the topics of every stream, as migrate does: a worker reads all of them. */
export async function makeTopics({ kafka }: Servers, prefix: string, partitions: number): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, streams, { prefix, partitions, replicationFactor: 1 })
  await admin.disconnect()
}

function adminUser(password: string): string {
  return `<clickhouse><users><bench>
    <password>${password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
    <grants><query>GRANT ALL ON *.*</query></grants>
  </bench></users></clickhouse>`
}
