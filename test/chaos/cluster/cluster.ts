import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { Kafka, logLevel } from 'kafkajs'
import { startClickHouse } from '../../../deploy/local/clickhouse/start.js'
import { startKafka } from '../../../deploy/local/kafka/start.js'
import { connectClickHouse } from '../../../services/runtime/clickhouse.js'
import { noSecurity, type Security, tlsAndLogin } from '../../fixtures/stack/worker_security.js'
import { restartablePorts } from './ports.js'
import { keepServer, type Server } from './server.js'
import { openWire, type Wire } from './wire.js'

/** The wires by which one worker reaches the servers. */
export interface Wires {
  readonly kafka: Wire
  readonly clickhouse: Wire
}

/** A real Kafka and a real ClickHouse, and the wires from the workers to them. The suite itself connects directly. */
export interface Cluster {
  readonly kafka: Kafka
  readonly brokers: readonly string[]
  readonly broker: Server
  readonly database: Server
  /** One pair per worker. */
  readonly wires: readonly Wires[]
  /** A client of the user that may change tables. The cluster closes it. */
  client(database: string): ClickHouseClient
  /** The environment with which the worker of this number reaches the servers. */
  environment(worker: number): Record<string, string>
  close(): Promise<void>
}

/** Starts both servers with their data in `dir`. With `secure`, workers reach them over TLS and with a login. */
export async function startCluster(dir: string, workers: number, secure = false): Promise<Cluster> {
  const security = secure ? await tlsAndLogin(join(dir, 'security')) : noSecurity
  const ports = await restartablePorts(4 + 3 * workers)
  const [port, controllerPort, httpPort, nativePort, ...rest] = ports as [number, number, number, number, ...number[]]
  const behind = rest.slice(0, workers)
  const wires: Wires[] = []
  const environments: Readonly<Record<string, string>>[] = []
  for (const [worker, target] of behind.entries()) {
    const kafka = await openWire(() => target, rest[workers + worker] as number, { encrypted: secure })
    const clickhouse = await openWire(() => httpPort, rest[2 * workers + worker] as number)
    wires.push({ kafka, clickhouse })
    environments.push({ KAFKA_BROKERS: `127.0.0.1:${kafka.port}`, ...(await security.environment(clickhouse.port)) })
  }
  const password = () => randomBytes(16).toString('hex')
  const passwords = {
    migrate: password(),
    ingest: password(),
    query: password(),
    export: password(),
    retention: password(),
    analyst: password(),
  }
  const properties = listeners(
    { port, controllerPort },
    behind.map((target, worker) => ({ port: target, advertised: wires[worker]?.kafka.port ?? target })),
    security,
  )
  await beImpatient(join(dir, 'clickhouse'))
  const [broker, database] = await Promise.all([
    keepServer(() => startKafka({ dir: join(dir, 'kafka'), port, controllerPort, properties })),
    keepServer(() => startClickHouse({ dir: join(dir, 'clickhouse'), httpPort, nativePort, passwords })),
  ])
  const clients: ClickHouseClient[] = []

  return {
    kafka: new Kafka({
      clientId: 'gatelog-chaos',
      brokers: [`127.0.0.1:${port}`],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 60 },
    }),
    brokers: [`127.0.0.1:${port}`],
    broker,
    database,
    wires,
    client(name) {
      const client = connectClickHouse(
        {
          CLICKHOUSE_URL: `http://127.0.0.1:${httpPort}`,
          CLICKHOUSE_DATABASE: name,
          CLICKHOUSE_USER: 'migrate',
          CLICKHOUSE_PASSWORD: passwords.migrate,
        },
        'gatelog-chaos',
        { requestTimeoutMs: 120_000 },
      )
      clients.push(client)
      return client
    },
    environment: (worker) => ({
      ...environments[worker],
      CLICKHOUSE_USER: 'ingest',
      CLICKHOUSE_PASSWORD: passwords.ingest,
    }),
    async close() {
      await Promise.all(clients.map((client) => client.close()))
      await Promise.all([broker.stop(), database.stop()])
      await security.close()
      await Promise.all(wires.flatMap((pair) => [pair.kafka.close(), pair.clickhouse.close()]))
    },
  }
}

/**
 * ClickHouse abandons a request that sends nothing for a while, 30 s by default. So an insert takes effect within that
 * time or never, and the deduplication window must cover the inserts that happen in it. Faults here last for seconds,
 * not minutes, and the window is small. So ClickHouse waits for seconds too.
 */
async function beImpatient(dir: string): Promise<void> {
  const settings = `<http_receive_timeout>${PATIENCE_SECONDS}</http_receive_timeout>`
  await mkdir(join(dir, 'users.d'), { recursive: true })
  await writeFile(
    join(dir, 'users.d', 'patience.xml'),
    `<clickhouse><profiles><default>${settings}</default></profiles></clickhouse>\n`,
  )
}

/** Shorter than a session of the workers. */
const PATIENCE_SECONDS = 3

/**
 * Clients connect to the address that a broker advertises. So each worker has a listener of its own, advertised with
 * the port of its wire.
 */
function listeners(
  own: { readonly port: number; readonly controllerPort: number },
  workers: readonly { readonly port: number; readonly advertised: number }[],
  security: Security,
): readonly string[] {
  const name = (worker: number) => `WORKER${worker}`
  const bound = workers.map(({ port }, worker) => `${name(worker)}://127.0.0.1:${port}`)
  const advertised = workers.map((each, worker) => `${name(worker)}://127.0.0.1:${each.advertised}`)
  const names = workers.map((_, worker) => name(worker))
  const protocols = ['PLAINTEXT', 'CONTROLLER'].map((listener) => `${listener}:PLAINTEXT`)
  return [
    `listeners=${[`PLAINTEXT://127.0.0.1:${own.port}`, `CONTROLLER://127.0.0.1:${own.controllerPort}`, ...bound].join()}`,
    `advertised.listeners=${[`PLAINTEXT://127.0.0.1:${own.port}`, ...advertised].join()}`,
    `listener.security.protocol.map=${[...protocols, ...names.map((each) => `${each}:${security.protocol}`)].join()}`,
    ...security.properties(names),
  ]
}
