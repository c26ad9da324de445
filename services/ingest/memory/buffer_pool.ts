/** Reuses large pieces of memory of any size. */
export class BufferPool {
  readonly #free: ArrayBuffer[] = []
  #freeBytes = 0

  /** Keeps at most `maxFree` unused bytes. */
  constructor(readonly maxFree: number) {}

  /** Returns at least `bytes` uninitialized bytes. */
  take(bytes: number): Buffer {
    const found = this.#free.findIndex(({ byteLength }) => byteLength >= bytes)
    const [buffer] = found === -1 ? [] : this.#free.splice(found, 1)
    // Outside of Buffer's shared pool, and rounded up so that the piece fits the next request too.
    if (buffer === undefined) return Buffer.allocUnsafeSlow(Math.ceil(bytes / GRAIN) * GRAIN)
    this.#freeBytes -= buffer.byteLength
    return Buffer.from(buffer)
  }

  /** Takes memory back. The caller must not use it afterwards. */
  give(buffer: ArrayBuffer): void {
    // Sorted by size, so that a small request gets a small piece.
    const before = this.#free.findIndex(({ byteLength }) => byteLength > buffer.byteLength)
    this.#free.splice(before === -1 ? this.#free.length : before, 0, buffer)
    this.#freeBytes += buffer.byteLength
    while (this.#freeBytes > this.maxFree) this.#freeBytes -= this.#free.shift()?.byteLength ?? 0
  }
}

const GRAIN = 64 * 1024
