import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { SpoolLockedError } from '../errors.js'

/** Who owns a folder. A process id comes again; with the time when the process started, it does not. */
interface Owner {
  readonly pid: number
  /** When the process started, in the system's own unit; null where the system does not say. */
  readonly started: string | null
  readonly host: string
}

/**
 * Makes this process the owner of a folder. A lock of a process that was killed is taken over, because that process no
 * longer runs. Returns the function that gives the folder back.
 *
 * @throws {SpoolLockedError} when a process that runs owns the folder
 * @throws what the file system throws
 */
export function lockFolder(dir: string): () => void {
  const path = join(dir, 'lock')
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname() } satisfies Owner)
  for (;;) {
    try {
      writeFileSync(path, own, { flag: 'wx', mode: 0o600 })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      takeAside(dir, path)
    }
  }
}

/** Moves a lock without an owner away. Two processes may try at once: who moved the other's new lock puts it back. */
function takeAside(dir: string, path: string): void {
  const text = readLock(path)
  if (text === undefined) return
  const owner = parsed(text)
  if (owner !== undefined && runs(owner)) throw new SpoolLockedError(dir, owner.pid, owner.host)
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  try {
    if (readLock(aside) !== text) linkSync(aside, path)
  } catch {
    // Somebody else has the folder by now, and the next try says so.
  } finally {
    rmSync(aside, { force: true })
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Undefined for a lock that was cut when its owner or the machine stopped. */
function parsed(text: string): Owner | undefined {
  try {
    const { pid, started, host } = JSON.parse(text) as Partial<Owner>
    return typeof pid === 'number' && typeof host === 'string' ? { pid, started: started ?? null, host } : undefined
  } catch {
    return undefined
  }
}

/** Another host's processes cannot be seen, so a folder that hosts share needs a folder for each within it. */
function runs({ pid, started, host }: Owner): boolean {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It runs, and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = startOf(pid)
  return now === null || started === null || now === started
}

/** When a process started, in clock ticks since the machine did (proc(5), `stat`), with the id of that boot. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`
  } catch {
    return null
  }
}
