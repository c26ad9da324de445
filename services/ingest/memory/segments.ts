/** Size of a segment in bytes. */
export const SEGMENT_BYTES = 256 * 1024

/** A piece of memory that threads can share. */
export type Segment = Uint8Array<SharedArrayBuffer>

/** What a thread needs to use the same segments as another. */
export interface SharedSegments {
  readonly memory: SharedArrayBuffer
  /** See `Segments.#control`. */
  readonly control: SharedArrayBuffer
}

const LOCK = 0
const FREE = 1
const STACK = 2

/**
 * Fixed-size memory for records in flight: first as Kafka sent them, then as columns. Any thread takes segments and
 * gives them back. The segment given back last is taken first, so the process touches no more of them than it used at
 * once. V8 doesn't count shared memory, so it triggers no garbage collection.
 */
export class Segments {
  /** A lock, the number of free segments, and a stack of their indexes. */
  readonly #control: Int32Array

  constructor(readonly shared: SharedSegments) {
    this.#control = new Int32Array(shared.control)
  }

  /** Returns an uninitialized segment. When none is free, it returns memory that V8 frees later. */
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

  /** Gives segments back, each once. The caller must not use them afterwards. */
  give(segments: readonly Segment[]): void {
    const { byteLength } = this.shared.memory
    // Leaves out memory that V8 frees. Compares lengths, since a segment from another thread has another buffer object.
    const numbers = segments.filter(({ buffer }) => buffer.byteLength === byteLength).map(numberOf)
    this.#locked(() => {
      for (const number of numbers) {
        const free = this.#control[FREE] as number
        this.#control[STACK + free] = number
        this.#control[FREE] = free + 1
      }
    })
  }

  /** The number of free segments. */
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
 * Reserves segments of `bytes` bytes in total, rounded up. The operating system provides pages when they are first
 * used.
 *
 * @throws {RangeError} when the machine can't reserve that much
 */
export function makeSegments(bytes: number): Segments {
  // At least two: the size of a single one would not differ from memory that V8 frees.
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
    throw new RangeError(`This machine can't reserve ${bytes} bytes: set INGEST_MAX_BYTES_IN_FLIGHT lower.`)
  }
}

function numberOf({ byteOffset }: Segment): number {
  return byteOffset / SEGMENT_BYTES
}

/** Copies pieces into new segments, one after another. The last segment may be only partly filled. */
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
