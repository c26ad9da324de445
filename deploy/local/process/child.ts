import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { program } from '../data/files.js'
import { inherited } from '../environment.js'

/** How a process ended: with a code, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running process of the stack. */
export interface Child {
  readonly name: string
  readonly pid: number
  /** Holds what it wrote, since this start. */
  readonly logFile: string
  readonly exited: Promise<Exit>
  /** Asks it to end, and ends it when it has not within its grace. Safe to call twice. */
  stop(): Promise<Exit>
  /** Ends it at once, with everything it started. */
  kill(): Promise<Exit>
}

export interface ChildOptions {
  readonly name: string
  /** A built program, and its arguments. */
  readonly script: string
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly logFile: string
  /** How long it may take to end when asked, in milliseconds. */
  readonly graceMs?: number
  /** How long it stays when its parent is gone, for those that need it to finish, in milliseconds. */
  readonly outstayMs?: number
}

/** How long a server stays when its parent is gone: the services finish what is in flight within it. */
export const SERVER_OUTSTAY_MS = 5_000

/**
 * Starts a Node program in a process group of its own, so that a Ctrl-C at the terminal reaches only the one who stops things in
 * order. Standard output and error go straight to the log file: a child needs nobody to drain them. It does not outlive its
 * parent: every child has an IPC channel, and ends as if asked to when that closes (`orphan_guard.ts`).
 */
export function startChild(options: ChildOptions): Child {
  const { name, script, args = [], env, cwd, logFile, graceMs = 30_000, outstayMs = 0 } = options
  const guard = pathToFileURL(program('deploy', 'local', 'process', 'orphan_guard.js'))
  guard.searchParams.set('after', String(outstayMs))
  const log = openLog(logFile)
  const child = spawn(process.execPath, ['--import', guard.href, script, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...inherited(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  closeSync(log)

  const { pid } = child
  if (pid === undefined) throw new Error(`could not start ${name}`)

  let ended = false
  // Once the child has ended its id may become another's: the group is ended at that moment, and never after.
  const killGroup = (): void => {
    if (ended) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // Nothing of the group is left.
    }
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup()
      ended = true
      resolve({ code, signal })
    })
  })

  let stopping: Promise<Exit> | undefined
  const stop = async (): Promise<Exit> => {
    child.kill('SIGTERM')
    const late = setTimeout(killGroup, graceMs)
    const exit = await exited
    clearTimeout(late)
    return exit
  }

  return {
    name,
    pid,
    logFile,
    exited,
    stop() {
      // Asked once: to most programs a second SIGTERM means to drop everything.
      stopping ??= stop()
      return stopping
    },
    kill() {
      killGroup()
      return exited
    },
  }
}

/** Opens a log file for writing; what it held is kept as `<name>.previous`. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file)) renameSync(file, `${file}.previous`)
  return openSync(file, 'a', 0o600)
}
