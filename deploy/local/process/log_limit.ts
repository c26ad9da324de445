import { copyFileSync, statSync, truncateSync } from 'node:fs'

/** Largest log file, in bytes. With its `.previous`, a process has at most twice this. */
const MAX_BYTES = 20 * 1024 * 1024
const CHECK_EVERY_MS = 5_000

/**
 * Limits the size of log files that child processes write. A file that is too large is copied to `<name>.previous` and
 * truncated (logrotate's `copytruncate`), because a child keeps its file open. Children append, so they continue at the
 * new end. Returns a function that stops the checks.
 */
export function limitLogs(files: readonly string[], maxBytes: number = MAX_BYTES): () => void {
  const timer = setInterval(() => {
    for (const file of files) limitLog(file, maxBytes)
  }, CHECK_EVERY_MS)
  return () => clearInterval(timer)
}

function limitLog(file: string, maxBytes: number): void {
  try {
    if (statSync(file).size <= maxBytes) return
    copyFileSync(file, `${file}.previous`)
    truncateSync(file)
  } catch {
    // Without space for the copy, or without the file, there is nothing to limit now. The next check tries again.
  }
}
