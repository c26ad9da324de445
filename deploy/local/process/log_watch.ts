import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { brief } from './last_words.js'

const EVERY_MS = 500
/** The same trouble is told again only after this long. */
const QUIET_MS = 60_000

export interface WatchedLog {
  readonly name: string
  readonly file: string
}

/**
 * Reads along in the services' log files and says each error line in brief, so that trouble is seen without opening a file. Answers
 * with what ends the watching.
 */
export function watchLogs(logs: readonly WatchedLog[], say: (line: string) => void, now = Date.now): () => void {
  const said = new Map<string, number>()
  const look = () => {
    for (const reader of readers) {
      for (const line of reader.newLines()) {
        if (!/"level":"(error|fatal)"/.test(line)) continue
        const text = `${reader.name}: ${brief(line)}`
        if (now() - (said.get(text) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) continue
        said.set(text, now())
        say(`  ! ${text}`)
      }
    }
  }
  const readers = logs.map(({ name, file }) => new LineReader(name, file))
  const timer = setInterval(look, EVERY_MS)
  return () => {
    clearInterval(timer)
    look()
    for (const reader of readers) reader.close()
  }
}

/** Most of a log that is read at once, in bytes; what a service writes in half a second is far less. */
const CHUNK_BYTES = 256 * 1024

/** The whole lines that were added to a file since the last look. */
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
