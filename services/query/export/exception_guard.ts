import { type DatabaseError, databaseErrorOfText } from '../clickhouse/errors.js'

const EMPTY: Buffer = Buffer.alloc(0)
const MOST_TEXT = 16 * 1024

/**
 * Finds where ClickHouse broke an answer off. It has said 200 by then, so it writes what went wrong into the body, between marks that bear
 * a tag which it had told in a header, and ends the connection without an end of the body. That text quotes the query and rows: nothing of
 * it may get to the caller, who is told by a broken connection.
 */
export class ExceptionGuard {
  private readonly mark: Buffer
  private held: Buffer = EMPTY
  private broken: Buffer | undefined

  constructor(tag: string) {
    this.mark = Buffer.from(`__exception__\r\n${tag}`)
  }

  /** The part of what has come so far that is certainly the answer's. */
  pass(chunk: Buffer): Buffer {
    if (this.broken !== undefined) {
      this.broken = Buffer.concat([this.broken, chunk]).subarray(0, MOST_TEXT)
      return EMPTY
    }
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk])
    const at = bytes.indexOf(this.mark)
    if (at !== -1) {
      this.broken = bytes.subarray(at + this.mark.length)
      // The mark follows an end of a line.
      return bytes.subarray(0, Math.max(0, at - 2))
    }
    const safe = Math.max(0, bytes.length - this.mark.length - 1)
    this.held = bytes.subarray(safe)
    return bytes.subarray(0, safe)
  }

  /** What was held back, at the answer's end. @throws {DatabaseError} where ClickHouse broke it off */
  end(): Buffer {
    const error = this.error()
    if (error !== undefined) throw error
    const last = this.held
    this.held = EMPTY
    return last
  }

  /** Why ClickHouse broke the answer off, as far as it has told. */
  error(): DatabaseError | undefined {
    return this.broken && databaseErrorOfText(this.broken.toString('latin1'))
  }
}
