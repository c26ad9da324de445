import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { bringUp } from './bring_up.js'
import { openFolder } from './data/folder.js'
import { takeLock } from './data/lock.js'
import { writeStackFile } from './data/stack_file.js'
import { StackError } from './errors.js'
import { Parts } from './parts.js'
import { checkPorts, portsFrom } from './ports.js'
import { watchLogs } from './process/log_watch.js'
import { greet } from './terminal/greeting.js'
import type { Options } from './terminal/options.js'

/** Why a stack ends when it was asked to. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly code = 'INTERRUPTED'
  readonly retriable = false
}

/** The person at the terminal. */
export interface Terminal {
  say(line: string): void
  /** Says that something went wrong. */
  complain(sentence: string): void
}

/** How long a stack that was ended the hard way may take to be gone, in milliseconds. */
const AFTERMATH_MS = 30_000

/**
 * Runs a stack until `ending` is aborted or a part ends by itself, then stops it in order. Answers whether all went well: it came
 * up, ended because it was asked to, and every part stopped as it should.
 *
 * @throws {StackError} when the data folder cannot be used; nothing was started
 */
export async function runStack(options: Options, terminal: Terminal, ending: AbortController): Promise<boolean> {
  const folder = openFolder(options.data)
  const lock = takeLock(folder.lock, folder.path)
  const parts = new Parts()
  parts.failure.then((sentence) => ending.abort(new StackError('CHILD_ENDED', sentence)))
  const cleanups: (() => void)[] = []
  let well = true
  try {
    const since = Date.now()
    terminal.say(`Gatelog starts (data and logs in ${folder.path})`)
    await checkPorts(options.portBase, lock.leftBehind ? AFTERMATH_MS : 0)
    const { demo } = options
    const { say } = terminal
    const { signal } = ending
    const stack = await bringUp({ folder, ports: portsFrom(options.portBase), demo, parts, say, signal })
    cleanups.push(
      watchLogs(
        watched(demo).map((name) => ({ name, file: folder.log(name) })),
        say,
      ),
    )
    writeStackFile(folder.stackFile, stack)
    cleanups.push(() => rmSync(folder.stackFile, { force: true }))
    for (const line of await greet({ stack, stackFile: folder.stackFile, demo, signal })) say(line)
    say(`\nGatelog is up, in ${((Date.now() - since) / 1000).toFixed(1)} s. Ctrl-C stops it; its data stays.`)
    if (!signal.aborted) await once(signal, 'abort')
    signal.throwIfAborted()
  } catch (error) {
    // When the end has begun, whatever fails in its course fails because of that.
    const cause: unknown = ending.signal.aborted ? ending.signal.reason : error
    if (!(cause instanceof Interrupted)) {
      well = false
      terminal.complain(sentence(cause))
    }
  }
  for (const cleanup of cleanups) cleanup()
  const faults = await parts.stop(terminal.say)
  for (const fault of faults) terminal.complain(fault)
  lock.release()
  return well && faults.length === 0
}

function watched(demo: boolean): readonly string[] {
  return ['ingest', 'collector', 'query', ...(demo ? ['demo'] : [])]
}

/** What to tell a person of an error: its message, without a stack. */
export function sentence(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
}
