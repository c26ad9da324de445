import { once } from 'node:events'

/**
 * Writes to standard output and waits while it is full, so that nothing piles up in memory; `signal` ends the wait.
 * When its reader has closed it, as `head` does, the process ends without a word.
 *
 * For commands that only read: one that also writes somewhere else must not end half-way.
 */
export async function print(data: string | Uint8Array, signal?: AbortSignal): Promise<void> {
  if (!process.stdout.listeners('error').includes(end)) process.stdout.on('error', end)
  if (process.stdout.write(data)) return
  await once(process.stdout, 'drain', { signal }).catch((error) => {
    if (signal?.aborted !== true) throw error
  })
}

function end(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

/** Whether people read the output, so that colors help. `NO_COLOR` turns them off. */
export function isColored(): boolean {
  return process.stdout.isTTY === true && process.stdout.hasColors()
}
