import { mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StackError } from '../errors.js'

/** Where a stack keeps what it keeps. */
export interface Folder {
  readonly path: string
  readonly lock: string
  readonly stackFile: string
  readonly secrets: string
  readonly issuerKey: string
  readonly kafka: string
  readonly clickhouse: string
  /** Written when the demo has made up its past, which it does once. */
  readonly demoPast: string
  log(name: string): string
}

/**
 * The data folder, made if it is not there.
 *
 * @throws {StackError} `FOLDER_UNUSABLE` when it cannot be
 */
export function openFolder(given: string): Folder {
  const path = resolve(given)
  // ClickHouse would take such a path for a pattern of many.
  if (/[*?{}]/.test(path)) {
    throw new StackError(
      'FOLDER_UNUSABLE',
      `The data folder ${path} has one of * ? { } in its path: choose another with --data.`,
    )
  }
  try {
    makeFolder(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StackError(
      'FOLDER_UNUSABLE',
      `The data folder ${path} cannot be made (${code}): choose another with --data.`,
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
    demoPast: join(path, 'demo-past'),
    log: (name) => join(path, 'logs', `${name}.log`),
  }
}

/** As mkdir's own `recursive`, which in Node 20 never returns where the folder above says that there is no such place, as /proc does. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
