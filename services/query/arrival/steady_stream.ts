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

/** Text that may wait in the stream for its reader, in bytes: when there is more, no further piece is made. */
const HIGH_WATER_BYTES = 16 * 1024

/**
 * A stream of text whose pieces are made as they are read. A reader that leaves a piece untaken for `stallMs` milliseconds is let go: the
 * stream is destroyed with a `StalledReaderError`.
 */
export function steadyStream(pieces: AsyncGenerator<string>, stallMs: number): Readable {
  async function* watched(): AsyncGenerator<string> {
    for await (const piece of pieces) {
      const timer = setTimeout(() => stream.destroy(new StalledReaderError()), stallMs)
      try {
        yield piece
      } finally {
        clearTimeout(timer)
      }
    }
  }
  const stream = Readable.from(watched(), { objectMode: false, highWaterMark: HIGH_WATER_BYTES })
  return stream
}
