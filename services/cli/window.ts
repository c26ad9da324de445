/** Bounds what is under way: who wants to begin more waits until enough of it is done. */
export class Window {
  private used = 0
  private waiting: (() => void) | undefined

  constructor(private readonly limit: number) {}

  /** Resolves when `size` more may be under way. One alone always may, however large. For one caller at a time. */
  async enter(size: number): Promise<void> {
    while (this.used > 0 && this.used + size > this.limit) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
    this.used += size
  }

  leave(size: number): void {
    this.used -= size
    this.waiting?.()
    this.waiting = undefined
  }
}
