import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { program } from '../data/files.js'
import { inheritedEnvironment } from '../environment.js'

/** How a process ended: with a code, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running process of the stack. */
export interface Child {
  readonly name: string
  readonly pid: number
  /** The output of this run. */
  readonly logFile: string
  readonly exited: Promise<Exit>
  /** Sends SIGTERM, and SIGKILL after the grace period. Safe to call twice. */
  stop(): Promise<Exit>
  /** Sends SIGKILL to the process and to everything it started. */
  kill(): Promise<Exit>
}

export interface ChildOptions {
  readonly name: string
  /** A compiled program. */
  readonly script: string
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly logFile: string
  /** Continues the log file instead of starting a new one: for a process that is restarted. */
  readonly appendLog?: boolean | undefined
  /** How long it may take to stop, in milliseconds. */
  readonly graceMs?: number
  /**
   * How long it keeps running after its parent has died, in milliseconds, so that other children can finish their work.
   */
  readonly orphanGraceMs?: number
  /** How much it yields to other processes, as `nice` takes it: 0, the default, to 19. */
  readonly niceness?: number
}

/**
 * How long a server keeps running after its parent has died, in milliseconds: the services finish what is in flight.
 */
export const SERVER_ORPHAN_GRACE_MS = 5_000

/**
 * Starts a Node program in its own process group, so that Ctrl-C reaches only the parent, which stops its children in
 * order. Standard output and error go directly to the log file. A child does not outlive its parent: when its IPC
 * channel closes, it stops (`orphan_guard.ts`).
 */
export function startChild(options: ChildOptions): Child {
  const { name, script, args = [], env, cwd, logFile, appendLog, graceMs = 30_000, orphanGraceMs = 0 } = options
  const { niceness = 0 } = options
  const guard = pathToFileURL(program('deploy', 'local', 'process', 'orphan_guard.js'))
  guard.searchParams.set('after', String(orphanGraceMs))
  const log = openLog(logFile, appendLog)
  // `nice` replaces itself with the program. Set afterwards, a priority would miss the threads that run already.
  const command = [process.execPath, '--import', guard.href, script, ...args]
  const child = spawn('nice', ['-n', String(niceness), ...command], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...inheritedEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  closeSync(log)

  const { pid } = child
  if (pid === undefined) throw new Error(`could not start ${name}`)

  let ended = false
  // The system may reuse a process id after the child has ended: the group is killed at that moment and not later.
  const killGroup = (): void => {
    if (ended) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // No process of the group is left.
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
      // Sent once: most programs exit at once on a second SIGTERM.
      stopping ??= stop()
      return stopping
    },
    kill() {
      killGroup()
      return exited
    },
  }
}

/** Opens a log file for writing. A new one replaces the last, which is kept as `<name>.previous`. */
export function openLog(file: string, append = false): number {
  mkdirSync(dirname(file), { recursive: true })
  if (!append && existsSync(file)) renameSync(file, `${file}.previous`)
  return openSync(file, 'a', 0o600)
}
