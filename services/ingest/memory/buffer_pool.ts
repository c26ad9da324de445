/** Large pieces of memory of any size, used again and again. */
export class BufferPool {
  readonly #free: ArrayBuffer[] = []
  #freeBytes = 0

  /** Keeps at most `maxFree` bytes that nobody uses. */
  constructor(readonly maxFree: number) {}

  /** Memory of at least `bytes` bytes; what is in it is of no meaning. */
  take(bytes: number): Buffer {
    const found = this.#free.findIndex(({ byteLength }) => byteLength >= bytes)
    const [buffer] = found === -1 ? [] : this.#free.splice(found, 1)
    // Memory outside Buffer's shared pool; more than is asked for, so that it fits the next.
    if (buffer === undefined) return Buffer.allocUnsafeSlow(Math.ceil(bytes / GRAIN) * GRAIN)
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
