import { BufferPool } from './buffer_pool.js'

/** Smaller responses come from Node's own pool. */
const LEAST_BYTES = 64 * 1024
/** Unused memory that is kept for the next responses: enough for a few fetches. */
const FREE_BYTES = 16 * 1024 * 1024

/**
 * The memory of large fetch responses, reused after their records have been copied. Without reuse, V8 collected
 * hundreds of megabytes of responses a second and marked its whole heap each time.
 */
export class ResponseBuffers {
  readonly #memory = new BufferPool(FREE_BYTES)
  readonly #holds = new WeakMap<ArrayBufferLike, number>()

  /** Returns uninitialized memory for a response of `bytes` bytes. */
  take(bytes: number): Buffer {
    if (bytes < LEAST_BYTES) return Buffer.allocUnsafe(bytes)
    const response = this.#memory.take(bytes).subarray(0, bytes)
    this.#holds.set(response.buffer, 0)
    return response
  }

  /** Keeps the response that contains `part` until `release` has been called once for each `hold`. */
  hold(part: Buffer): void {
    const holds = this.#holds.get(part.buffer)
    if (holds !== undefined) this.#holds.set(part.buffer, holds + 1)
  }

  /**
   * Ends one hold of the response that contains `part`. After the last one, buffers that still point into the response
   * have length 0, so they can't show the next response's bytes. V8 frees a response that is held and never released.
   */
  release({ buffer }: Buffer): void {
    const holds = this.#holds.get(buffer)
    if (holds === undefined) return
    this.#holds.set(buffer, holds - 1)
    if (holds > 1) return
    this.#holds.delete(buffer)
    this.#memory.give(structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] }))
  }
}
