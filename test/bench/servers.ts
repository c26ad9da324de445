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
import { noSecurity, type Security, tlsAndLogin } from '../fixtures/stack/worker_security.js'

/** The servers of one measurement, with nothing else on them. */
export interface Servers {
  readonly broker: KafkaServer
  readonly kafka: Kafka
  readonly clickhouse: ClickHouseServer
  readonly registry: Registry
  /** A client of a user with all rights: it also creates the tables of ClickHouse's Kafka engine. */
  readonly admin: ClickHouseClient
  /** Part of the environment of a worker that reaches the servers over TLS, if they were started with it. */
  readonly overTls: Readonly<Record<string, string>> | undefined
  stop(): Promise<void>
}

export async function startServers({ tls = false }: { readonly tls?: boolean } = {}): Promise<Servers> {
  const dir = await mkdtemp(join(tmpdir(), 'gatelog-bench-'))
  const [port = 0, controllerPort = 0, httpPort = 0, nativePort = 0, securePort = 0] = await freePorts(5)
  const security = tls ? await tlsAndLogin(join(dir, 'security')) : noSecurity
  const password = () => randomBytes(16).toString('hex')
  const adminPassword = password()
  await mkdir(join(dir, 'clickhouse', 'users.d'), { recursive: true })
  await writeFile(join(dir, 'clickhouse', 'users.d', 'bench.xml'), adminUser(adminPassword), { mode: 0o600 })
  const [broker, clickhouse, registry] = await Promise.all([
    startKafka({
      dir: join(dir, 'kafka'),
      port,
      controllerPort,
      heapMb: 1_024,
      properties: listeners({ port, controllerPort, securePort }, security),
    }),
    startClickHouse({
      dir: join(dir, 'clickhouse'),
      httpPort,
      nativePort,
      passwords: {
        migrate: password(),
        ingest: password(),
        query: password(),
        export: password(),
        retention: password(),
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
  const secureBrokers = { KAFKA_BROKERS: `127.0.0.1:${securePort}` }
  return {
    broker,
    overTls: tls ? { ...secureBrokers, ...(await security.environment(httpPort)) } : undefined,
    clickhouse,
    registry,
    admin,
    kafka: new Kafka({ clientId: 'gatelog-bench', brokers: [...broker.brokers], logLevel: logLevel.NOTHING }),
    async stop() {
      await admin.close()
      await Promise.all([broker.stop(), clickhouse.stop(), registry.stop(), security.close()])
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** One more listener, which requires TLS and a login where there is any security. */
function listeners(
  { port, controllerPort, securePort }: { port: number; controllerPort: number; securePort: number },
  { protocol, properties }: Security,
): readonly string[] {
  const clients = `PLAINTEXT://127.0.0.1:${port},SECURE://127.0.0.1:${securePort}`
  return [
    `listeners=${clients},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=${clients}`,
    `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:${protocol}`,
    ...properties(['SECURE']),
  ]
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
    retention: password(),
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
