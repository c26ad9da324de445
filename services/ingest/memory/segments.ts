/** Bytes of a segment. */
export const SEGMENT_BYTES = 256 * 1024

/** A piece of memory that any thread can be shown. */
export type Segment = Uint8Array<SharedArrayBuffer>

/** What threads share to have the same segments. */
export interface SharedSegments {
  readonly memory: SharedArrayBuffer
  /** See `Segments.#control`. */
  readonly control: SharedArrayBuffer
}

const LOCK = 0
const FREE = 1
const STACK = 2

/**
 * What records lie in on their way, first as they came and then as columns: memory of one size, which threads take and give back. It is the
 * last given that is taken, so that no more of it is ever touched than was in use at once. V8 does not count memory that is shared, and does
 * not mark a thread's heap because of it.
 */
export class Segments {
  /** A lock, how many segments are free, and their numbers. */
  readonly #control: Int32Array

  constructor(readonly shared: SharedSegments) {
    this.#control = new Int32Array(shared.control)
  }

  /** Takes a segment; what is in it is of no meaning. When all are taken, it is memory that V8 frees. */
  take(): Segment {
    const number = this.#locked(() => {
      const free = this.#control[FREE] as number
      if (free === 0) return undefined
      this.#control[FREE] = free - 1
      return this.#control[STACK + free - 1] as number
    })
    if (number === undefined) return new Uint8Array(new SharedArrayBuffer(SEGMENT_BYTES))
    return new Uint8Array(this.shared.memory, number * SEGMENT_BYTES, SEGMENT_BYTES)
  }

  /** Gives segments back, each once. Nobody may use them any more. */
  give(segments: readonly Segment[]): void {
    const { byteLength } = this.shared.memory
    // Of the shared memory, not beside it. (A segment that came from another thread names the same memory by another object.)
    const numbers = segments.filter(({ buffer }) => buffer.byteLength === byteLength).map(numberOf)
    this.#locked(() => {
      for (const number of numbers) {
        const free = this.#control[FREE] as number
        this.#control[STACK + free] = number
        this.#control[FREE] = free + 1
      }
    })
  }

  /** How many segments are free. */
  get free(): number {
    return this.#control[FREE] as number
  }

  #locked<T>(action: () => T): T {
    while (Atomics.compareExchange(this.#control, LOCK, 0, 1) !== 0) Atomics.wait(this.#control, LOCK, 1, 1)
    try {
      return action()
    } finally {
      Atomics.store(this.#control, LOCK, 0)
      Atomics.notify(this.#control, LOCK, 1)
    }
  }
}

/**
 * Makes segments of `bytes` bytes altogether, rounded up. What is not used is reserved only.
 *
 * @throws {RangeError} when the machine will not reserve so much
 */
export function makeSegments(bytes: number): Segments {
  // Two at least: one alone could not be told from memory beside it.
  const count = Math.max(2, Math.ceil(bytes / SEGMENT_BYTES))
  const memory = reserve(count * SEGMENT_BYTES)
  const control = new Int32Array(new SharedArrayBuffer((STACK + count) * Int32Array.BYTES_PER_ELEMENT))
  control[FREE] = count
  for (let number = 0; number < count; number++) control[STACK + count - 1 - number] = number
  return new Segments({ memory, control: control.buffer as SharedArrayBuffer })
}

function reserve(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes)
  } catch {
    throw new RangeError(`This machine has not ${bytes} bytes to reserve: set INGEST_MAX_BYTES_IN_FLIGHT lower.`)
  }
}

function numberOf({ byteOffset }: Segment): number {
  return byteOffset / SEGMENT_BYTES
}

/** Copies pieces, one after the other, into segments that it takes. The last may be filled in part. */
export function intoSegments(pieces: readonly Uint8Array[], segments: Segments): Segment[] {
  const filled: Segment[] = []
  let room = 0
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (room === 0) {
        filled.push(segments.take())
        room = SEGMENT_BYTES
      }
      const length = Math.min(room, piece.length - at)
      filled.at(-1)?.set(piece.subarray(at, at + length), SEGMENT_BYTES - room)
      at += length
      room -= length
    }
  }
  return filled
}
