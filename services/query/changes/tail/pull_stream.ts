import { Readable } from 'node:stream'

/** The reader took nothing for too long, so the stream was destroyed. */
export class StalledReaderError extends Error {
  override readonly name = 'StalledReaderError'
  readonly code = 'READER_STALLED'
  readonly retriable = false

  constructor() {
    super('The reader has not read for too long.')
  }
}

/** While the stream holds this many bytes that its reader has not taken, it asks for no more text. */
const HIGH_WATER_BYTES = 16 * 1024

export interface PullStreamOptions {
  /** Generates the text. `signal` aborts when the stream is destroyed. */
  readonly generate: (signal: AbortSignal) => AsyncGenerator<string>
  /** How long a reader may leave text unread, in milliseconds. */
  readonly stallMs: number
}

/**
 * A stream that generates its text as it is read. It is destroyed with a `StalledReaderError` when its reader stalls.
 */
export class PullStream extends Readable {
  readonly #texts: AsyncGenerator<string>
  readonly #destroyed = new AbortController()
  readonly #stallMs: number
  #stall: NodeJS.Timeout | undefined

  constructor({ generate, stallMs }: PullStreamOptions) {
    super({ encoding: 'utf8', highWaterMark: HIGH_WATER_BYTES })
    this.#texts = generate(this.#destroyed.signal)
    this.#stallMs = stallMs
  }

  override async _read(): Promise<void> {
    clearTimeout(this.#stall)
    try {
      const { value, done } = await this.#texts.next()
      if (this.destroyed) return
      // Node calls `_read` again at once while there is room, else when the reader takes some text.
      if (!this.push(done ? null : value))
        this.#stall = setTimeout(() => this.destroy(new StalledReaderError()), this.#stallMs)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#stall)
    this.#destroyed.abort()
    // Not awaited: the generator may need time to react to the signal.
    void this.#texts.return(undefined).catch(() => undefined)
    callback(error)
  }
}
