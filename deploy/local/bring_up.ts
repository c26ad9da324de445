import { startClickHouse } from './clickhouse/start.js'
import type { Folder } from './data/folder.js'
import { loadSecrets } from './data/secrets.js'
import type { StackFile } from './data/stack_file.js'
import { StackError } from './errors.js'
import { startKafka } from './kafka/start.js'
import type { Parts } from './parts.js'
import type { Ports } from './ports.js'
import { type Child, startChild } from './process/child.js'
import { describeEnd } from './process/last_words.js'
import { answers, untilReady } from './process/readiness.js'
import { together } from './process/together.js'
import { collector, demo, ingest, migrate, query, type Service, type Surroundings } from './services.js'

export interface BringUp {
  readonly folder: Folder
  readonly ports: Ports
  readonly demo: boolean
  /** Every part that runs is added here: when bringing up fails, its caller stops those. */
  readonly parts: Parts
  /** Tells the person at the terminal that something is done, or will take a while. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

const DATABASE = 'gatelog'
const ISSUER = { issuer: 'urn:gatelog:local', audience: 'gatelog' } as const

/**
 * Brings up the parts of a stack in the order in which they need each other, and answers with where they are.
 *
 * @throws {StackError} when a part cannot be started
 * @throws the signal's reason when the signal was aborted
 */
export async function bringUp(options: BringUp): Promise<StackFile> {
  const { folder, ports, parts, say, signal } = options
  const secrets = loadSecrets(folder)
  const [kafka, clickhouse] = await together(signal, (signal) => [
    timed(
      options,
      startKafka({
        dir: folder.kafka,
        port: ports.kafka,
        controllerPort: ports.kafkaController,
        logFile: folder.log('kafka'),
        onFetch: () => say('  Kafka       is fetched by Maven, which only the first start on this machine needs'),
        signal,
      }),
    ),
    timed(
      options,
      startClickHouse({
        dir: folder.clickhouse,
        httpPort: ports.clickhouseHttp,
        nativePort: ports.clickhouseNative,
        passwords: secrets.clickhouse,
        logFile: folder.log('clickhouse'),
        signal,
      }),
    ),
  ])
  const around: Surroundings = {
    ports,
    brokers: kafka.brokers,
    clickhouse,
    database: DATABASE,
    secrets,
    issuer: ISSUER,
    demoPast: folder.demoPast,
  }
  await runMigrations(options, migrate(around))
  await together(signal, (signal) => [
    timed(options, startService({ ...options, signal }, ingest(around), ports.ingest)),
    timed(options, startService({ ...options, signal }, collector(around), ports.collector)),
    timed(options, startService({ ...options, signal }, query(around), ports.query)),
  ])
  if (options.demo) parts.add(startChild({ ...demo(around), logFile: folder.log('demo') }))
  return stackFile(around, folder)
}

/** Adds a part once it is ready, and says how long that took. */
async function timed<C extends Child>({ parts, say }: BringUp, starting: Promise<C>): Promise<C> {
  const since = Date.now()
  const child = parts.add(await starting)
  say(`  ${child.name.padEnd(12)}ready in ${((Date.now() - since) / 1000).toFixed(1)} s`)
  return child
}

async function runMigrations({ folder, signal }: BringUp, service: Service): Promise<void> {
  const child = startChild({ ...service, logFile: folder.log(service.name) })
  const interrupt = () => child.stop()
  signal.addEventListener('abort', interrupt, { once: true })
  const exit = await child.exited
  signal.removeEventListener('abort', interrupt)
  signal.throwIfAborted()
  if (exit.code !== 0) throw new StackError('CHILD_ENDED', describeEnd(child, exit, 'failed'))
}

async function startService({ folder, signal }: BringUp, service: Service, port: number): Promise<Child> {
  const child = startChild({ ...service, logFile: folder.log(service.name) })
  await untilReady(child, answers(`${address(port)}/readyz`), { signal })
  return child
}

function stackFile({ ports, brokers, clickhouse, database, secrets, issuer }: Surroundings, folder: Folder): StackFile {
  return {
    query: { url: address(ports.query) },
    collector: { url: address(ports.collector), secrets: { keycloak: secrets.keycloak } },
    kafka: { brokers },
    clickhouse: { url: clickhouse.url, database, users: clickhouse.users },
    metrics: {
      ingest: `${address(ports.ingest)}/metrics`,
      query: `${address(ports.query)}/metrics`,
      collector: `${address(ports.collector)}/metrics`,
    },
    issuer: { ...issuer, private_key_file: folder.issuerKey },
  }
}

function address(port: number): string {
  return `http://127.0.0.1:${port}`
}
