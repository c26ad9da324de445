import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { program } from '../data/files.js'
import { java } from '../environment.js'
import { type Child, SERVER_OUTSTAY_MS, startChild } from '../process/child.js'
import { accepts, untilReady } from '../process/readiness.js'
import { classArchive } from './class_archive.js'
import { coordinates } from './coordinator.js'
import { kafkaJars } from './jars.js'
import { checkJava } from './java.js'
import { type BrokerPorts, serverProperties } from './properties.js'

export interface KafkaOptions extends BrokerPorts {
  /** The broker's own folder: its configuration and its data, kept from one start to the next. */
  readonly dir: string
  readonly logFile?: string
  readonly heapMb?: number
  /** Further lines for server.properties, which win over those that are there. */
  readonly properties?: readonly string[]
  /** Called when Kafka's jars have to be fetched first. */
  readonly onFetch?: (() => void) | undefined
  /** Gives up starting; what was started is stopped. */
  readonly signal?: AbortSignal | undefined
}

/** A running broker. */
export interface KafkaServer extends Child {
  readonly brokers: readonly string[]
}

/**
 * Starts a real Kafka on this machine (one node, KRaft) and waits until it serves clients and their groups. Its folder is formatted at the first
 * start.
 *
 * @throws {StackError} when there is no Java to run it, the jars cannot be had, or Kafka ends or does not come up
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const { dir, port, signal, heapMb = 512, logFile = join(dir, 'kafka.log') } = options
  const javaVersion = await checkJava()
  await mkdir(dir, { recursive: true })
  const jars = await kafkaJars({ logFile: join(dirname(logFile), 'maven.log'), onFetch: options.onFetch, signal })
  await writeFile(join(dir, 'server.properties'), serverProperties(options, options.properties))
  if (!existsSync(join(dir, 'data', 'meta.properties'))) await format(dir, jars, signal)
  const archive = classArchive(jars, javaVersion)
  const child = startChild({
    name: 'Kafka',
    script: program('deploy', 'local', 'process', 'keeper.js'),
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
    outstayMs: SERVER_OUTSTAY_MS,
  })
  const kept = child.exited.then(archive.keep)
  const broker = `127.0.0.1:${port}`
  await untilReady(child, accepts(port), { signal })
  await untilReady(child, coordinates(broker), { signal })
  return {
    ...child,
    brokers: [broker],
    async stop() {
      const exit = await child.stop()
      await kept
      return exit
    },
  }
}

/** A broker for one machine spends most of its start in compiling: the quick compiler alone halves that. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

async function format(dir: string, jars: string, signal: AbortSignal | undefined): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url')
  const args = [...JVM, '-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`]
  await promisify(execFile)(java(), [...args, '--ignore-formatted', '--config', 'server.properties'], {
    cwd: dir,
    ...(signal && { signal }),
  })
}
