import { Readable } from 'node:stream'

/** Why a stream was ended: its reader took nothing for too long. */
export class StalledReaderError extends Error {
  override readonly name = 'StalledReaderError'
  readonly code = 'READER_STALLED'
  readonly retriable = false

  constructor() {
    super('The reader has not read for too long.')
  }
}

/** Text that may wait in the stream for its reader, in bytes: while there is more, no further piece is asked for. */
const HIGH_WATER_BYTES = 16 * 1024

export interface SteadyStreamOptions {
  /** Makes the pieces. `left` aborts when nobody wants one any more, whatever it is waiting for. */
  readonly pieces: (left: AbortSignal) => AsyncGenerator<string>
  /** How long a reader may leave what is there for it untaken, in milliseconds. */
  readonly stallMs: number
}

/** A stream of text whose pieces are made as they are read. A reader that stalls is let go, with a `StalledReaderError`. */
export class SteadyStream extends Readable {
  readonly #pieces: AsyncGenerator<string>
  readonly #left = new AbortController()
  readonly #stallMs: number
  #stall: NodeJS.Timeout | undefined

  constructor({ pieces, stallMs }: SteadyStreamOptions) {
    super({ encoding: 'utf8', highWaterMark: HIGH_WATER_BYTES })
    this.#pieces = pieces(this.#left.signal)
    this.#stallMs = stallMs
  }

  override async _read(): Promise<void> {
    clearTimeout(this.#stall)
    try {
      const { value, done } = await this.#pieces.next()
      if (this.destroyed) return
      // Where there is room for more, the stream asks again by itself; else, when its reader has taken some.
      if (!this.push(done ? null : value))
        this.#stall = setTimeout(() => this.destroy(new StalledReaderError()), this.#stallMs)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#stall)
    this.#left.abort()
    // Not waited for: a generator hears of the abort in its own time.
    void this.#pieces.return(undefined).catch(() => undefined)
    callback(error)
  }
}
