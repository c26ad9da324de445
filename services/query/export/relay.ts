import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream'
import { DatabaseError } from '../clickhouse/errors.js'
import type { Begun } from './database.js'
import { ExceptionGuard } from './exception_guard.js'
import type { Tally } from './tally.js'

/** What an export gave, as far as it came. */
export interface Given {
  readonly records: number
  readonly bytes: number
}

/**
 * The bytes of an export on their way from the database to the caller: no faster than the caller takes them, held nowhere but in the buffers
 * of two sockets. Fails with a DatabaseError when the database breaks off; destroying it ends the query.
 */
export class Relay extends Transform {
  private bytes = 0
  private readonly guard: ExceptionGuard

  constructor(
    { body, tag }: Begun,
    private readonly tally: Tally,
  ) {
    super()
    this.guard = new ExceptionGuard(tag)
    body.once('error', (error) => this.destroy(this.meaningOf(error)))
    pipeline(body as Readable, this, () => undefined)
  }

  get given(): Given {
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

  /** A connection that ends too early means what the database said before; else that it is gone. */
  private meaningOf(error: Error): DatabaseError {
    const code = (error as NodeJS.ErrnoException).code ?? 'the connection broke'
    return this.guard.error() ?? new DatabaseError('STORE_UNAVAILABLE', code)
  }
}
