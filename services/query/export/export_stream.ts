import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream'
import { DatabaseError } from '../clickhouse/errors.js'
import type { StartedQuery } from './database.js'
import { ExceptionGuard } from './exception_guard.js'
import type { Tally } from './tally.js'

/** What an export has sent. */
export interface Sent {
  /** Undefined when the number is not known: see `Tally`. */
  readonly records: number | undefined
  readonly bytes: number
}

/**
 * The bytes of an export between the database and the caller. It reads no faster than the caller, so only the buffers
 * of two sockets hold data. It fails with a DatabaseError when the database cancels the query. Destroying it ends the
 * query.
 */
export class ExportStream extends Transform {
  private bytes = 0
  private readonly guard: ExceptionGuard

  constructor(
    { body, exceptionTag }: StartedQuery,
    private readonly tally: Tally,
  ) {
    super()
    this.guard = new ExceptionGuard(exceptionTag)
    body.once('error', (error) => this.destroy(this.databaseErrorOf(error)))
    pipeline(body as Readable, this, () => undefined)
  }

  get sent(): Sent {
    return { records: this.tally.records(), bytes: this.bytes }
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, this.counted(this.guard.pass(chunk)))
  }

  override _flush(done: TransformCallback): void {
    try {
      done(null, this.counted(this.guard.end()))
    } catch (error) {
      done(error as Error)
    }
  }

  private counted(bytes: Buffer): Buffer {
    this.bytes += bytes.length
    this.tally.add(bytes)
    return bytes
  }

  /**
   * A connection that ends too early: with the error that the database wrote before, if any; else the database is gone.
   */
  private databaseErrorOf(error: Error): DatabaseError {
    const code = (error as NodeJS.ErrnoException).code ?? 'the connection broke'
    return this.guard.error() ?? new DatabaseError('STORE_UNAVAILABLE', code)
  }
}
