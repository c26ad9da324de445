/** Memory for what is needed at once and then not at all, used again and again: less than twice the most that was ever needed. */
export class Arena {
  #memory = Buffer.allocUnsafeSlow(0)
  #taken = 0

  /** Memory of exactly so many bytes, until `clear`; what is in it is of no meaning. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const begin = this.#taken
    this.#taken += bytes
    // What was taken before keeps the old memory.
    if (this.#taken > this.#memory.length) {
      this.#memory = Buffer.allocUnsafeSlow(Math.max(this.#taken, 2 * this.#memory.length, GRAIN))
    }
    return this.#memory.subarray(begin, begin + bytes)
  }

  /** Takes everything back. Nobody may use it any more. */
  clear(): void {
    this.#taken = 0
  }
}

const GRAIN = 1024 * 1024
