import { Problem } from '../../../runtime/problem.js'

export interface SeatLimits {
  /** How many callers may wait at once, in all. */
  readonly most: number
  /** How many of them may be one principal's. */
  readonly mostOfOne: number
}

/** Counts who waits: open tails, and polls that wait for a record. Each holds a connection and some memory, so there is an end to them. */
export class Seats {
  #taken = 0
  readonly #takenBy = new Map<string, number>()

  constructor(private readonly limits: SeatLimits) {}

  /**
   * Takes a seat; what is returned gives it back.
   *
   * @throws {Problem} 429 `TOO_MANY_WAITING` when the principal has as many as it may, 503 `SEATS_TAKEN` when all are taken
   */
  take(subject: string): () => void {
    const own = this.#takenBy.get(subject) ?? 0
    if (own >= this.limits.mostOfOne) {
      throw new Problem(
        429,
        'TOO_MANY_WAITING',
        `You have ${own} tails and waiting polls open, which is as many as you may. End one, or share one among your readers.`,
        RETRY,
      )
    }
    if (this.#taken >= this.limits.most) {
      throw new Problem(
        503,
        'SEATS_TAKEN',
        'As many callers wait for records as this service takes. Try again later.',
        RETRY,
      )
    }
    this.#taken++
    this.#takenBy.set(subject, own + 1)
    let given = false
    return () => {
      if (given) return
      given = true
      this.#taken--
      const left = (this.#takenBy.get(subject) ?? 1) - 1
      if (left === 0) this.#takenBy.delete(subject)
      else this.#takenBy.set(subject, left)
    }
  }
}

const RETRY = { 'retry-after': '5' }
