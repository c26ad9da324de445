import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asset } from '../data/files.js'
import { cacheFolder } from '../environment.js'
import { StackError } from '../errors.js'
import { openLog } from '../process/child.js'
import { firstError } from '../process/last_words.js'

const pom = asset('deploy', 'local', 'kafka', 'pom.xml')

export interface JarsOptions {
  /** Where Maven's own output goes. */
  readonly logFile: string
  /** Called when the jars are not there yet, before Maven is asked for them. */
  readonly onFetch?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The folder that holds Kafka's jars, in the user's cache, where every stack and test run of this machine shares them. What the POM
 * names is fetched once; a changed POM is another folder.
 *
 * @throws {StackError} `MAVEN_MISSING` or `DOWNLOAD_FAILED` when they are not there and Maven cannot bring them
 */
export async function kafkaJars({ logFile, onFetch, signal }: JarsOptions): Promise<string> {
  const folder = await jarsFolder()
  if (existsSync(folder)) return folder
  onFetch?.()
  await mkdir(join(folder, '..'), { recursive: true })
  // Fetched aside and renamed: the folder is whole or not there, and two that fetch at once do not meet.
  const aside = await mkdtemp(`${folder}.`)
  try {
    await fetchJars(aside, logFile, signal)
    await rename(aside, folder)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

async function jarsFolder(): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12)
  return join(cacheFolder(), `kafka-${version}`)
}

async function fetchJars(into: string, logFile: string, signal: AbortSignal | undefined): Promise<void> {
  const log = openLog(logFile)
  const args = [
    '--batch-mode',
    '-Dstyle.color=never',
    '--quiet',
    '--file',
    pom,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${into}`,
  ]
  const maven = spawn('mvn', args, { stdio: ['ignore', log, log], ...(signal && { signal }) })
  closeSync(log)
  const code = await new Promise<number | null>((resolve, reject) => {
    maven.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return reject(error)
      reject(
        new StackError(
          'MAVEN_MISSING',
          'Kafka’s jars are fetched by Maven, and there is no `mvn` here: install Maven 3.6 or newer.',
        ),
      )
    })
    maven.once('exit', resolve)
  })
  if (code === 0) return
  const why = firstError(logFile)
  throw new StackError(
    'DOWNLOAD_FAILED',
    `Maven could not fetch Kafka’s jars${why === undefined ? '' : ` (${why})`}: see ${logFile}, then start again.`,
  )
}
