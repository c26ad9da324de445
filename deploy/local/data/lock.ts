import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { DataType, load, open } from 'ffi-rs'
import { StackError } from '../errors.js'

/** The lock of a data folder: one process at a time holds it. */
export interface Lock {
  /** Whether the last holder ended without releasing it. Its child processes may still be ending. */
  readonly wasAbandoned: boolean
  release(): void
}

const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Locks a file (`flock(2)`). The system releases the lock when its holder ends in any way, so a lock is never stale.
 * The file has the holder's process id, for people to read.
 *
 * @throws {StackError} `FOLDER_IN_USE` when another process holds it, `FOLDER_UNUSABLE` when the file cannot be written
 */
export function takeLock(file: string, folder: string): Lock {
  const fd = openLock(file, folder)
  const before = readFileSync(file, 'utf8').trim()
  if (flock(fd) !== 0) {
    closeSync(fd)
    throw new StackError(
      'FOLDER_IN_USE',
      `Another \`npm start\` (process ${before}) uses the data folder ${folder}: stop it, or choose another folder with --data.`,
    )
  }
  ftruncateSync(fd)
  writeSync(fd, `${process.pid}\n`)
  return {
    wasAbandoned: before !== '',
    release() {
      ftruncateSync(fd)
      closeSync(fd)
    },
  }
}

/** The first file that is written into the data folder, so this finds a folder that cannot be written. */
function openLock(file: string, folder: string): number {
  try {
    return openSync(file, 'a+', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StackError(
      'FOLDER_UNUSABLE',
      `The data folder ${folder} cannot be written (${code}): choose another folder with --data.`,
    )
  }
}

function flock(fd: number): number {
  // An empty path means this process, which has the C library loaded.
  open({ library: 'c', path: '' })
  return load({
    library: 'c',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [fd, LOCK_EX | LOCK_NB],
  })
}
