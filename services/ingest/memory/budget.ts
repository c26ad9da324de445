/** Bytes that may be held at once, over all partitions. What does not fit waits, in the order of asking. */
export class Budget {
  #used = 0
  #waiting: { readonly bytes: number; readonly admit: () => void }[] = []

  constructor(readonly limit: number) {}

  get used(): number {
    return this.#used
  }

  /** Takes `bytes` if they fit now. What is larger than the whole budget is let in when nothing else is. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false
    this.#used += bytes
    return true
  }

  /** Takes `bytes` whether or not they fit; others wait the longer. */
  force(bytes: number): void {
    this.#used += bytes
  }

  /** Takes `bytes` as soon as they fit. */
  take(bytes: number): Promise<void> {
    if (this.tryTake(bytes)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ bytes, admit: resolve }))
  }

  give(bytes: number): void {
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
