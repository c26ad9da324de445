import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StackError } from '../errors.js'

/** The files and folders of a stack. */
export interface DataFolder {
  readonly path: string
  readonly lock: string
  readonly stackFile: string
  readonly secrets: string
  readonly issuerKey: string
  readonly kafka: string
  readonly clickhouse: string
  /** Exists when the demo has generated its history, which it does once. */
  readonly demoHistory: string
  log(name: string): string
}

/**
 * Opens the data folder and creates it if it does not exist.
 *
 * @throws {StackError} `FOLDER_UNUSABLE` when that fails, or when other users can open it
 */
export function openDataFolder(given: string): DataFolder {
  const path = resolve(given)
  // ClickHouse would read such a path as a glob pattern.
  if (/[*?{}]/.test(path)) {
    throw new StackError(
      'FOLDER_UNUSABLE',
      `The path of the data folder, ${path}, contains one of * ? { }: choose another folder with --data.`,
    )
  }
  try {
    createFolder(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StackError(
      'FOLDER_UNUSABLE',
      `The data folder ${path} cannot be created (${code}): choose another folder with --data.`,
    )
  }
  closeToOthers(path)
  return {
    path,
    lock: join(path, 'lock'),
    stackFile: join(path, 'stack.json'),
    secrets: join(path, 'secrets.json'),
    issuerKey: join(path, 'issuer.pem'),
    kafka: join(path, 'kafka'),
    clickhouse: join(path, 'clickhouse'),
    demoHistory: join(path, 'demo-past'),
    log: (name) => join(path, 'logs', `${name}.log`),
  }
}

/**
 * The folder has records and secrets. One that other users may open is closed to them, if it is empty or already a data
 * folder. Any other folder may have its permissions for a reason.
 *
 * @throws {StackError} `FOLDER_UNUSABLE`
 */
function closeToOthers(path: string): void {
  if ((statSync(path).mode & 0o077) === 0) return
  const own = existsSync(join(path, 'secrets.json')) || readdirSync(path).length === 0
  try {
    if (own) {
      chmodSync(path, 0o700)
      return
    }
  } catch {
    // It belongs to somebody else.
  }
  throw new StackError(
    'FOLDER_UNUSABLE',
    `Other users can open the data folder ${path}: run chmod 700, or choose another folder with --data.`,
  )
}

/** Like mkdir with `recursive`, which never returns in Node 20 for a folder below /proc. */
function createFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) createFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
