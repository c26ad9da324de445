import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { openDataFolder } from './data/data_folder.js'
import { takeLock } from './data/lock.js'
import { writeStackFile } from './data/stack_file.js'
import { StackError } from './errors.js'
import { checkPorts, portsFrom } from './ports.js'
import { limitLogs } from './process/log_limit.js'
import { watchLogs } from './process/log_watch.js'
import { Supervisor } from './process/supervisor.js'
import { startStack } from './start_stack.js'
import { greet } from './terminal/greeting.js'
import type { Options } from './terminal/options.js'

/** The reason when a signal stops the stack. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly code = 'INTERRUPTED'
  readonly retriable = false
}

/** The output for the user. */
export interface Terminal {
  print(line: string): void
  printError(message: string): void
}

/** How long to wait for the ports of a stack that was killed and whose processes still stop, in milliseconds. */
const ABANDONED_STACK_MS = 30_000

/**
 * Runs a stack until `stop` is aborted or a process keeps exiting, then stops it in order. Returns true when the stack
 * started, was stopped by a signal, and every process stopped cleanly.
 *
 * @throws {StackError} when the data folder cannot be used; nothing was started
 */
export async function runStack(options: Options, terminal: Terminal, stop: AbortController): Promise<boolean> {
  const folder = openDataFolder(options.data)
  const lock = takeLock(folder.lock, folder.path)
  const supervisor = new Supervisor(terminal.print)
  supervisor.failure.then((message) => stop.abort(new StackError('CHILD_ENDED', message)))
  const cleanups: (() => void)[] = []
  let succeeded = true
  try {
    const since = Date.now()
    terminal.print(`Gatelog starts (data and logs in ${folder.path})`)
    await checkPorts(options.portBase, lock.wasAbandoned ? ABANDONED_STACK_MS : 0)
    const { demo } = options
    const { print } = terminal
    const { signal } = stop
    const stack = await startStack({ folder, ports: portsFrom(options.portBase), demo, supervisor, print, signal })
    cleanups.push(limitLogs(loggedNames(demo).map((name) => folder.log(name))))
    cleanups.push(
      watchLogs(
        watchedLogs(demo).map((name) => ({ name, file: folder.log(name) })),
        print,
      ),
    )
    writeStackFile(folder.stackFile, stack)
    cleanups.push(() => rmSync(folder.stackFile, { force: true }))
    for (const line of await greet({ stack, stackFile: folder.stackFile, demo, signal })) print(line)
    print(`\nGatelog is up, in ${((Date.now() - since) / 1000).toFixed(1)} s. Ctrl-C stops it; its data stays.`)
    if (!signal.aborted) await once(signal, 'abort')
    signal.throwIfAborted()
  } catch (error) {
    // Once the stop has begun, its reason is the cause of all further errors.
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error
    if (!(cause instanceof InterruptedError)) {
      succeeded = false
      terminal.printError(messageOf(cause))
    }
  }
  for (const cleanup of cleanups) cleanup()
  const faults = await supervisor.stop()
  for (const fault of faults) terminal.printError(fault)
  lock.release()
  return succeeded && faults.length === 0
}

function watchedLogs(demo: boolean): readonly string[] {
  return ['ingest', 'collector', 'query', 'retention', ...(demo ? ['demo'] : [])]
}

function loggedNames(demo: boolean): readonly string[] {
  return ['kafka', 'clickhouse', ...watchedLogs(demo)]
}

/** The first line of an error's message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
}
