import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { DataType, load, open } from 'ffi-rs'
import { StackError } from '../errors.js'

/** The right to use a data folder, held by one process at a time. */
export interface Lock {
  /** Whether the holder before ended without giving it back: what it had started may still be ending. */
  readonly leftBehind: boolean
  release(): void
}

const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Takes the lock that a file stands for (`flock(2)`). The system gives it back when its holder ends, however that ends, so there
 * is no stale lock to guess about. The holder's process id in the file is for people to read.
 *
 * @throws {StackError} `FOLDER_IN_USE` when another process holds it
 */
export function takeLock(file: string, folder: string): Lock {
  const fd = openSync(file, 'a+', 0o600)
  const before = readFileSync(file, 'utf8').trim()
  if (flock(fd) !== 0) {
    closeSync(fd)
    throw new StackError(
      'FOLDER_IN_USE',
      `Another start (process ${before}) uses the data folder ${folder}: stop it, or choose another folder with \`npm start -- --data DIR\`.`,
    )
  }
  ftruncateSync(fd)
  writeSync(fd, `${process.pid}\n`)
  return {
    leftBehind: before !== '',
    release() {
      ftruncateSync(fd)
      closeSync(fd)
    },
  }
}

function flock(fd: number): number {
  // An empty path stands for this process, which has the C library loaded.
  open({ library: 'c', path: '' })
  return load({
    library: 'c',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [fd, LOCK_EX | LOCK_NB],
  })
}
