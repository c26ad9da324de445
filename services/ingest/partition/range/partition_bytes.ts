import type { ByteSemaphore } from '../../memory/byte_semaphore.js'

/** Acquires and releases the bytes in flight of one partition. */
export class PartitionBytes {
  /** Bytes that are acquired for the rest of a compressed batch; undefined outside of one. */
  #prepaid: number | undefined

  constructor(readonly semaphore: ByteSemaphore) {}

  /** Acquires `bytes`; with `now` even if they don't fit. Returns undefined if they are acquired already. */
  acquire(bytes: number, now: boolean): Promise<void> | undefined {
    const { semaphore } = this
    if (this.#prepaid !== undefined && this.#prepaid >= bytes) this.#prepaid -= bytes
    else if (now || this.#prepaid !== undefined) semaphore.acquireNow(bytes)
    else if (!semaphore.tryAcquire(bytes)) return semaphore.acquire(bytes)
    return undefined
  }

  release(bytes: number): void {
    this.semaphore.release(bytes)
  }

  /**
   * Acquires at once the memory of an uncompressed batch, and what its records will acquire while `work` copies them. A
   * partition that waited for bytes for its next record while it holds a batch could wait for another partition that
   * does the same.
   */
  async prepay(batch: number, records: number, now: boolean, work: () => Promise<void>): Promise<void> {
    await this.acquire(batch + records, now)
    this.#prepaid = records
    try {
      await work()
    } finally {
      this.semaphore.release(batch + this.#prepaid)
      this.#prepaid = undefined
    }
  }
}
