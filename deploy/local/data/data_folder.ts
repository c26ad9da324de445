import { mkdirSync, statSync } from 'node:fs'
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
 * @throws {StackError} `FOLDER_UNUSABLE` when that fails
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

/** Like mkdir with `recursive`, which never returns in Node 20 for a folder below /proc. */
function createFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) createFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
