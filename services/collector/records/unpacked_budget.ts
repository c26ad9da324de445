import { Problem } from '../../runtime/problem.js'

/** Largest body, in bytes: as it is sent, and unpacked. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/**
 * How many bytes the parts of one body may still unpack to. A body may be packed twice, as a whole and in the blocks of
 * an Avro file; both count.
 */
export class UnpackedBudget {
  #left = MAX_BODY_BYTES

  /** @param hold called with bytes before they are used; throws when the writer may not hold more */
  constructor(readonly hold: (bytes: number) => void = () => undefined) {}

  get left(): number {
    return this.#left
  }

  /** @throws {Problem} 413 `BODY_TOO_LARGE` when there is no room for so many bytes */
  take(bytes: number): void {
    if (bytes > this.#left) throw tooLarge()
    this.hold(bytes)
    this.#left -= bytes
  }
}

export function tooLarge(): Problem {
  const message = `The body is larger than ${MAX_BODY_BYTES} bytes unpacked. Send fewer records at a time.`
  return new Problem(413, 'BODY_TOO_LARGE', message)
}
