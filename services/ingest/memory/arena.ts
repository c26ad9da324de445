/**
 * Scratch memory that one thread fills and clears over and over. It grows to less than twice the largest amount ever
 * used.
 */
export class Arena {
  #memory = Buffer.allocUnsafeSlow(0)
  #taken = 0

  /** Returns `bytes` uninitialized bytes, valid until `clear`. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const begin = this.#taken
    this.#taken += bytes
    // Pieces handed out earlier keep the old memory alive.
    if (this.#taken > this.#memory.length) {
      this.#memory = Buffer.allocUnsafeSlow(Math.max(this.#taken, 2 * this.#memory.length, GRAIN))
    }
    return this.#memory.subarray(begin, begin + bytes)
  }

  /** Takes all pieces back. Callers must not use them afterwards. */
  clear(): void {
    this.#taken = 0
  }
}

const GRAIN = 1024 * 1024
