import { type DatabaseError, databaseErrorOfText } from '../clickhouse/errors.js'

const EMPTY: Buffer = Buffer.alloc(0)
/** The most bytes of an error that are kept. */
const MAX_ERROR_BYTES = 16 * 1024

/**
 * Finds the place where ClickHouse cancels an answer. By then the status 200 has been sent, so ClickHouse writes the
 * error into the body, after a mark with a tag from a response header, and closes the connection without the end of the
 * body. The text of the error quotes the query and rows. None of it may reach the caller, who sees a connection that
 * ends too early.
 */
export class ExceptionGuard {
  private readonly mark: Buffer
  private held: Buffer = EMPTY
  private broken: Buffer | undefined

  constructor(tag: string) {
    this.mark = Buffer.from(`__exception__\r\n${tag}`)
  }

  /** The bytes so far that are certainly part of the answer. */
  pass(chunk: Buffer): Buffer {
    if (this.broken !== undefined) {
      this.broken = Buffer.concat([this.broken, chunk]).subarray(0, MAX_ERROR_BYTES)
      return EMPTY
    }
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk])
    const at = bytes.indexOf(this.mark)
    if (at !== -1) {
      this.broken = bytes.subarray(at + this.mark.length)
      // A line break precedes the mark.
      return bytes.subarray(0, Math.max(0, at - 2))
    }
    const safe = Math.max(0, bytes.length - this.mark.length - 1)
    this.held = bytes.subarray(safe)
    return bytes.subarray(0, safe)
  }

  /** The last bytes, at the end of the answer. @throws {DatabaseError} when ClickHouse has canceled the answer */
  end(): Buffer {
    const error = this.error()
    if (error !== undefined) throw error
    const last = this.held
    this.held = EMPTY
    return last
  }

  /** The error with which ClickHouse has canceled the answer, if it has. */
  error(): DatabaseError | undefined {
    return this.broken && databaseErrorOfText(this.broken.toString('latin1'))
  }
}
