/**
 * Memory for ranges and blocks, used again and again. Without it every range left tens of megabytes behind that V8 frees late, since its
 * heap hardly grows by them: a worker held twice the memory that it used.
 */
export class Memory {
  readonly #free: ArrayBuffer[] = []
  #freeBytes = 0

  /** Keeps at most `maxFree` bytes that nobody uses. */
  constructor(readonly maxFree: number) {}

  /** Memory of at least `bytes` bytes; what is in it is of no meaning. */
  take(bytes: number): Buffer<ArrayBuffer> {
    const found = this.#free.findIndex(({ byteLength }) => byteLength >= bytes)
    const [buffer] = found === -1 ? [] : this.#free.splice(found, 1)
    // Memory outside Buffer's shared pool, which could not be handed to another thread; more than is asked for, so that it fits the next.
    if (buffer === undefined) return Buffer.allocUnsafeSlow(Math.ceil(bytes / GRAIN) * GRAIN) as Buffer<ArrayBuffer>
    this.#freeBytes -= buffer.byteLength
    return Buffer.from(buffer)
  }

  /** Takes memory back. Nobody may use it any more. */
  give(buffer: ArrayBuffer): void {
    // The smallest first, so that little is not given much.
    const before = this.#free.findIndex(({ byteLength }) => byteLength > buffer.byteLength)
    this.#free.splice(before === -1 ? this.#free.length : before, 0, buffer)
    this.#freeBytes += buffer.byteLength
    while (this.#freeBytes > this.maxFree) this.#freeBytes -= this.#free.shift()?.byteLength ?? 0
  }
}

const GRAIN = 64 * 1024
