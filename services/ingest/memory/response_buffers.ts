import { BufferPool } from './buffer_pool.js'

/** ResponseBuffers smaller than this are left to V8. */
const LEAST_BYTES = 64 * 1024
/** Memory of responses that may lie idle until the next: of a few fetches. */
const FREE_BYTES = 16 * 1024 * 1024

/**
 * The memory of large responses, used again once the records in it have been copied. V8 took hundreds of megabytes of them for garbage in
 * every second, and marked its whole heap each time to find out.
 */
export class ResponseBuffers {
  readonly #memory = new BufferPool(FREE_BYTES)
  readonly #holds = new WeakMap<ArrayBufferLike, number>()

  /** Memory for a response of so many bytes; what is in it is of no meaning. */
  take(bytes: number): Buffer {
    if (bytes < LEAST_BYTES) return Buffer.allocUnsafe(bytes)
    const response = this.#memory.take(bytes).subarray(0, bytes)
    this.#holds.set(response.buffer, 0)
    return response
  }

  /** Keeps the response that `part` lies in, until `release` is called as often as this was. */
  hold(part: Buffer): void {
    const holds = this.#holds.get(part.buffer)
    if (holds !== undefined) this.#holds.set(part.buffer, holds + 1)
  }

  /**
   * Lets go of the response that `part` lies in. Whatever still points into it after the last hold is empty from then on, and does not show
   * the next response's bytes. A response that is held and never released is V8's to free.
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
