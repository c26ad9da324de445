import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { program } from '../data/files.js'
import { java } from '../environment.js'
import { type Child, SERVER_ORPHAN_GRACE_MS, startChild } from '../process/child.js'
import { acceptsConnections, untilReady } from '../process/readiness.js'
import { classArchive } from './class_archive.js'
import { servesConsumerGroups } from './coordinator.js'
import { kafkaJars } from './jars.js'
import { checkJava } from './java.js'
import { type BrokerPorts, serverProperties } from './properties.js'

export interface KafkaOptions extends BrokerPorts {
  /** The broker's own folder, for its configuration and its data. */
  readonly dir: string
  readonly logFile?: string
  /** Continues the log file: for a broker that is restarted. */
  readonly appendLog?: boolean
  readonly heapMb?: number
  /** Further lines for server.properties. They override the others. */
  readonly properties?: readonly string[]
  /** Called before Kafka's jars are downloaded. */
  readonly onDownload?: (() => void) | undefined
  /** Cancels the start; the broker is stopped. */
  readonly signal?: AbortSignal | undefined
}

/** A running broker. */
export interface KafkaServer extends Child {
  readonly brokers: readonly string[]
}

/**
 * Starts Kafka on this machine (one node, KRaft) and waits until it serves clients and consumer groups. The first start
 * formats its folder.
 *
 * @throws {StackError} when Java is missing, the jars cannot be downloaded, or Kafka ends or is not ready in time
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const { dir, port, signal, heapMb = 512, logFile = join(dir, 'kafka.log') } = options
  const javaVersion = await checkJava()
  await mkdir(dir, { recursive: true })
  const jars = await kafkaJars({ logFile: join(dirname(logFile), 'maven.log'), onDownload: options.onDownload, signal })
  await writeFile(join(dir, 'server.properties'), serverProperties(options, options.properties))
  if (!existsSync(join(dir, 'data', 'meta.properties'))) await format(dir, jars, signal)
  const archive = classArchive(jars, javaVersion)
  const child = startChild({
    name: 'Kafka',
    script: program('deploy', 'local', 'process', 'command_wrapper.js'),
    args: [
      java(),
      ...JVM,
      ...archive.flags,
      `-Xmx${heapMb}m`,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
      '-cp',
      join(jars, '*'),
      'kafka.Kafka',
      'server.properties',
    ],
    env: {},
    cwd: dir,
    logFile,
    appendLog: options.appendLog,
    orphanGraceMs: SERVER_ORPHAN_GRACE_MS,
  })
  const archived = child.exited.then(archive.save)
  const broker = `127.0.0.1:${port}`
  await untilReady(child, acceptsConnections(port), { signal })
  await untilReady(child, servesConsumerGroups(broker), { signal })
  return {
    ...child,
    brokers: [broker],
    async stop() {
      const exit = await child.stop()
      await archived
      return exit
    },
  }
}

/** A broker spends most of its start in JIT compilation. The C1 compiler alone halves that time. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

async function format(dir: string, jars: string, signal: AbortSignal | undefined): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url')
  const args = [...JVM, '-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`]
  await promisify(execFile)(java(), [...args, '--ignore-formatted', '--config', 'server.properties'], {
    cwd: dir,
    ...(signal && { signal }),
  })
}
