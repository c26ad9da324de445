import { createHash } from 'node:crypto'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { asset, program } from '../data/files.js'
import { type Child, SERVER_ORPHAN_GRACE_MS, startChild } from '../process/child.js'
import { respondsOk, untilReady } from '../process/readiness.js'
import { clickhouseLibrary } from './library.js'

/** The database users that `deploy/clickhouse/users.xml` declares. */
export const databaseUsers = ['migrate', 'ingest', 'query', 'export', 'retention', 'analyst'] as const
export type DatabaseUser = (typeof databaseUsers)[number]
export type Passwords = Readonly<Record<DatabaseUser, string>>

/**
 * A few large queries have many threads that want the processors. The services share this machine, and each has one
 * thread that must answer everybody, so they go first.
 */
const NICENESS = 10

export interface ClickHouseOptions {
  /** The server's own folder, for its configuration and its data. */
  readonly dir: string
  readonly httpPort: number
  readonly nativePort: number
  readonly passwords: Passwords
  readonly logFile?: string
  /** Continues the log file: for a server that is restarted. */
  readonly appendLog?: boolean
  /** Cancels the start; the server is stopped. */
  readonly signal?: AbortSignal | undefined
}

/** A running ClickHouse. */
export interface ClickHouseServer extends Child {
  readonly url: string
  readonly users: Readonly<Record<DatabaseUser, { readonly name: string; readonly password: string }>>
}

/**
 * Starts a ClickHouse server on this machine and waits until it answers.
 *
 * @throws {StackError} when this platform has none, or the server ends or is not ready in time
 */
export async function startClickHouse(options: ClickHouseOptions): Promise<ClickHouseServer> {
  const { dir, httpPort, nativePort, passwords, signal, logFile = join(dir, 'clickhouse.log') } = options
  const library = clickhouseLibrary()
  await Promise.all(['config.d', 'users.d'].map((folder) => mkdir(join(dir, folder), { recursive: true })))
  await Promise.all([
    copyFile(asset('deploy', 'local', 'clickhouse', 'config.xml'), join(dir, 'config.xml')),
    copyFile(asset('deploy', 'clickhouse', 'server.xml'), join(dir, 'config.d', 'gatelog.xml')),
    copyFile(asset('deploy', 'clickhouse', 'users.xml'), join(dir, 'users.xml')),
    copyFile(asset('deploy', 'local', 'clickhouse', 'launcher.xml'), join(dir, 'users.d', 'launcher.xml')),
  ])
  const child = startChild({
    name: 'ClickHouse',
    script: program('deploy', 'local', 'clickhouse', 'server.js'),
    args: [library, String(httpPort), String(nativePort)],
    env: passwordHashes(passwords),
    cwd: dir,
    logFile,
    appendLog: options.appendLog,
    orphanGraceMs: SERVER_ORPHAN_GRACE_MS,
    niceness: NICENESS,
  })
  const url = `http://127.0.0.1:${httpPort}`
  await untilReady(child, respondsOk(`${url}/ping`), { signal })
  return {
    ...child,
    url,
    users: {
      migrate: { name: 'migrate', password: passwords.migrate },
      ingest: { name: 'ingest', password: passwords.ingest },
      query: { name: 'query', password: passwords.query },
      export: { name: 'export', password: passwords.export },
      retention: { name: 'retention', password: passwords.retention },
      analyst: { name: 'analyst', password: passwords.analyst },
    },
  }
}

function passwordHashes(passwords: Passwords): Record<string, string> {
  return Object.fromEntries(
    databaseUsers.map((user) => [
      `CLICKHOUSE_${user.toUpperCase()}_PASSWORD_SHA256`,
      createHash('sha256').update(passwords[user]).digest('hex'),
    ]),
  )
}
