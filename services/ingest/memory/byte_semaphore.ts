/** Limits the bytes held at once over all partitions. Requests that don't fit wait, first in, first out. */
export class ByteSemaphore {
  #used = 0
  #waiting: { readonly bytes: number; readonly admit: () => void }[] = []

  constructor(readonly limit: number) {}

  get used(): number {
    return this.#used
  }

  /** Acquires `bytes` if they fit now. A request larger than the limit fits when nothing else is held. */
  tryAcquire(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false
    this.#used += bytes
    return true
  }

  /** Acquires `bytes` even if they don't fit. */
  acquireNow(bytes: number): void {
    this.#used += bytes
  }

  /** Acquires `bytes` as soon as they fit. */
  acquire(bytes: number): Promise<void> {
    if (this.tryAcquire(bytes)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ bytes, admit: resolve }))
  }

  release(bytes: number): void {
    this.#used -= bytes
    let next = this.#waiting[0]
    while (next !== undefined && this.#fits(next.bytes)) {
      this.#waiting.shift()
      this.#used += next.bytes
      next.admit()
      next = this.#waiting[0]
    }
  }

  #fits(bytes: number): boolean {
    return this.#used + bytes <= this.limit || this.#used === 0
  }
}
