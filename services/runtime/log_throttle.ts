const INTERVAL_MS = 60_000

/**
 * Limits the lines of a log to one a minute for each key, for what a caller can cause as often as it likes. Metrics
 * count every occurrence. Keys must come from a small set.
 */
export class LogThrottle {
  readonly #clock: () => number
  readonly #state = new Map<string, { loggedAt: number; since: number }>()

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  /** Counts an occurrence. Returns how many the line that is due stands for, or 0 if no line is due. */
  occurred(key: string): number {
    const now = this.#clock()
    const state = this.#state.get(key)
    if (state !== undefined && now - state.loggedAt < INTERVAL_MS) {
      state.since++
      return 0
    }
    this.#state.set(key, { loggedAt: now, since: 0 })
    return 1 + (state?.since ?? 0)
  }
}
