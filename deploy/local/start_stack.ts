import { startClickHouse } from './clickhouse/start.js'
import type { DataFolder } from './data/data_folder.js'
import { fromSourceKinds, loadSecrets } from './data/secrets.js'
import type { StackFile } from './data/stack_file.js'
import { StackError } from './errors.js'
import { startKafka } from './kafka/start.js'
import type { Ports } from './ports.js'
import { type Child, startChild } from './process/child.js'
import { describeExit } from './process/exit_reason.js'
import { respondsOk, untilReady } from './process/readiness.js'
import type { RunOptions, Supervisor } from './process/supervisor.js'
import { runTaskGroup } from './process/task_group.js'
import { collector, demo, ingest, migrate, query, retention, type Service, type StackContext } from './services.js'

export interface StartOptions {
  readonly folder: DataFolder
  readonly ports: Ports
  readonly demo: boolean
  /** Runs the processes. When the start fails, the caller stops them through it. */
  readonly supervisor: Supervisor
  /** Prints a line at the terminal. */
  readonly print: (line: string) => void
  readonly signal: AbortSignal
}

const DATABASE = 'gatelog'
const ISSUER = { issuer: 'urn:gatelog:local', audience: 'gatelog' } as const

/**
 * Starts the processes of a stack in the order of their dependencies. Returns the content of the stack file.
 *
 * @throws {StackError} when a process cannot start
 * @throws the signal's reason when the signal was aborted
 */
export async function startStack(options: StartOptions): Promise<StackFile> {
  const { folder, ports, supervisor, print, signal } = options
  const secrets = loadSecrets(folder)
  const [kafka, clickhouse] = await runTaskGroup(signal, (signal) => [
    supervisor.run(signal, (run) =>
      startKafka({
        ...run,
        dir: folder.kafka,
        port: ports.kafka,
        controllerPort: ports.kafkaController,
        logFile: folder.log('kafka'),
        onDownload: () => print('  Kafka       is downloading (once on this machine)'),
      }),
    ),
    supervisor.run(signal, (run) =>
      startClickHouse({
        ...run,
        dir: folder.clickhouse,
        httpPort: ports.clickhouseHttp,
        nativePort: ports.clickhouseNative,
        passwords: secrets.clickhouse,
        logFile: folder.log('clickhouse'),
      }),
    ),
  ])
  const context: StackContext = {
    ports,
    brokers: kafka.brokers,
    clickhouse,
    database: DATABASE,
    secrets,
    issuer: ISSUER,
    demoHistory: folder.demoHistory,
  }
  await runMigrations(options, migrate(context))
  await runTaskGroup(signal, (signal) => [
    supervisor.run(signal, (run) => startService(folder, ingest(context), ports.ingest, run)),
    supervisor.run(signal, (run) => startService(folder, collector(context), ports.collector, run)),
    supervisor.run(signal, (run) => startService(folder, query(context), ports.query, run)),
    supervisor.run(signal, (run) => startService(folder, retention(context), ports.retention, run)),
  ])
  if (options.demo) {
    await supervisor.run(signal, async ({ appendLog }) =>
      startChild({ ...demo(context), logFile: folder.log('demo'), appendLog }),
    )
  }
  return stackFile(context, folder)
}

async function runMigrations({ folder, signal }: StartOptions, service: Service): Promise<void> {
  const child = startChild({ ...service, logFile: folder.log(service.name) })
  const interrupt = () => child.stop()
  signal.addEventListener('abort', interrupt, { once: true })
  const exit = await child.exited
  signal.removeEventListener('abort', interrupt)
  signal.throwIfAborted()
  if (exit.code !== 0) throw new StackError('CHILD_ENDED', describeExit(child, exit, 'failed'))
}

async function startService(
  folder: DataFolder,
  service: Service,
  port: number,
  { signal, appendLog }: RunOptions,
): Promise<Child> {
  const child = startChild({ ...service, logFile: folder.log(service.name), appendLog })
  await untilReady(child, respondsOk(`${urlOf(port)}/readyz`), { signal })
  return child
}

function stackFile(
  { ports, brokers, clickhouse, database, secrets, issuer }: StackContext,
  folder: DataFolder,
): StackFile {
  return {
    query: { url: urlOf(ports.query) },
    collector: {
      url: urlOf(ports.collector),
      secrets: fromSourceKinds((kind) => secrets[kind]),
      api_key: secrets.api_key,
    },
    kafka: { brokers },
    clickhouse: { url: clickhouse.url, database, users: clickhouse.users },
    metrics: {
      ingest: `${urlOf(ports.ingest)}/metrics`,
      query: `${urlOf(ports.query)}/metrics`,
      collector: `${urlOf(ports.collector)}/metrics`,
      retention: `${urlOf(ports.retention)}/metrics`,
    },
    issuer: { ...issuer, private_key_file: folder.issuerKey },
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`
}
