import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { summarizeLine } from './exit_reason.js'

const EVERY_MS = 500
/** The same line is printed again only after this time. */
const REPEAT_AFTER_MS = 60_000

export interface WatchedLog {
  readonly name: string
  readonly file: string
}

/**
 * Watches the services' log files and prints each error in one line. Returns a function that stops watching.
 */
export function watchLogs(logs: readonly WatchedLog[], print: (line: string) => void, now = Date.now): () => void {
  const printedAt = new Map<string, number>()
  const poll = () => {
    for (const reader of readers) {
      for (const line of reader.newLines()) {
        if (!/"level":"(error|fatal)"/.test(line)) continue
        const text = `${reader.name}: ${summarizeLine(line)}`
        if (now() - (printedAt.get(text) ?? Number.NEGATIVE_INFINITY) < REPEAT_AFTER_MS) continue
        printedAt.set(text, now())
        print(`  ! ${text}`)
      }
    }
  }
  const readers = logs.map(({ name, file }) => new LineReader(name, file))
  const timer = setInterval(poll, EVERY_MS)
  return () => {
    clearInterval(timer)
    poll()
    for (const reader of readers) reader.close()
  }
}

/** How much of a log is read at once, in bytes. A service writes far less in half a second. */
const CHUNK_BYTES = 256 * 1024

/** Reads the complete lines that were added to a file. */
class LineReader {
  private readonly fd: number
  private offset = 0
  private rest = ''

  constructor(
    readonly name: string,
    file: string,
  ) {
    this.fd = openSync(file, 'r')
  }

  newLines(): readonly string[] {
    // The file was truncated to limit its size.
    if (fstatSync(this.fd).size < this.offset) this.offset = 0
    const size = Math.min(fstatSync(this.fd).size - this.offset, CHUNK_BYTES)
    if (size <= 0) return []
    const bytes = Buffer.alloc(size)
    this.offset += readSync(this.fd, bytes, 0, size, this.offset)
    const lines = (this.rest + bytes.toString('latin1')).split('\n')
    this.rest = lines.pop() ?? ''
    return lines.map((line) => Buffer.from(line, 'latin1').toString('utf8'))
  }

  close(): void {
    closeSync(this.fd)
  }
}
