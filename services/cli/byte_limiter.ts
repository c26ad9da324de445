/** Limits the bytes in flight: a caller that would pass the limit waits. */
export class ByteLimiter {
  private used = 0
  private waiting: (() => void) | undefined

  constructor(private readonly limit: number) {}

  /**
   * Resolves when `size` more bytes fit. One that is larger than the limit waits until nothing else is in flight. For
   * one caller at a time.
   */
  async acquire(size: number): Promise<void> {
    while (this.used > 0 && this.used + size > this.limit) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
    this.used += size
  }

  release(size: number): void {
    this.used -= size
    this.waiting?.()
    this.waiting = undefined
  }
}
