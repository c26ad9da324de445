import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asset } from '../data/files.js'
import { cacheFolder } from '../environment.js'
import { StackError } from '../errors.js'
import { openLog } from '../process/child.js'
import { firstErrorLine } from '../process/exit_reason.js'

const pom = asset('deploy', 'local', 'kafka', 'pom.xml')

export interface JarsOptions {
  /** The file for Maven's output. */
  readonly logFile: string
  /** Called before Maven downloads the jars. */
  readonly onDownload?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns the folder with Kafka's jars, in the user's cache, which all stacks and test runs share. Maven downloads the
 * jars of the POM once; a changed POM has another folder.
 *
 * @throws {StackError} `CACHE_UNUSABLE`, or `MAVEN_MISSING` or `DOWNLOAD_FAILED` when Maven cannot download them
 */
export async function kafkaJars({ logFile, onDownload, signal }: JarsOptions): Promise<string> {
  const folder = await jarsFolder()
  if (existsSync(folder)) return folder
  onDownload?.()
  // Downloaded to a temporary folder and renamed: the folder is complete or absent, even with concurrent downloads.
  const temporary = await temporaryFolder(folder)
  try {
    await downloadJars(temporary, logFile, signal)
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

async function temporaryFolder(folder: string): Promise<string> {
  try {
    await mkdir(dirname(folder), { recursive: true })
    return await mkdtemp(`${folder}.`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StackError(
      'CACHE_UNUSABLE',
      `The cache folder ${dirname(folder)} cannot be written (${code}): make it writable, or set XDG_CACHE_HOME.`,
    )
  }
}

async function jarsFolder(): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12)
  return join(cacheFolder(), `kafka-${version}`)
}

async function downloadJars(into: string, logFile: string, signal: AbortSignal | undefined): Promise<void> {
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
          'Maven downloads Kafka’s jars, and there is no `mvn` on this machine: install Maven 3.6 or newer.',
        ),
      )
    })
    maven.once('exit', resolve)
  })
  if (code === 0) return
  const why = firstErrorLine(logFile)
  throw new StackError(
    'DOWNLOAD_FAILED',
    `Maven could not download Kafka’s jars${why === undefined ? '' : ` (${why})`}: see ${logFile}, then start again.`,
  )
}
