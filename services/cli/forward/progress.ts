/** What became of an input so far. */
export interface Tally {
  readonly accepted: number
  readonly ignored: number
  readonly rejected: number
}

const EVERY_MS = 200
const CLEAR = '\r\x1b[K'

/** Shows faults, and on a terminal one line of progress that is updated in place. */
export class Progress {
  #shown = Number.NEGATIVE_INFINITY

  constructor(
    private readonly terminal: { readonly isTTY?: boolean; write(text: string): unknown },
    private readonly now: () => number = Date.now,
  ) {}

  /** Writes a line above the progress. */
  say(line: string): void {
    this.terminal.write(this.terminal.isTTY === true ? `${CLEAR}${line}\n` : `${line}\n`)
    this.#shown = Number.NEGATIVE_INFINITY
  }

  update(tally: Tally): void {
    if (this.terminal.isTTY !== true || this.now() - this.#shown < EVERY_MS) return
    this.#shown = this.now()
    this.terminal.write(`${CLEAR}${summary(tally)}`)
  }

  /** Removes the progress. */
  end(): void {
    if (this.terminal.isTTY === true) this.terminal.write(CLEAR)
  }
}

export function summary({ accepted, ignored, rejected }: Tally): string {
  const [stored, left, faulty] = [accepted, ignored, rejected].map((count) => count.toLocaleString('en'))
  return `${stored} accepted, ${left} ignored, ${faulty} rejected`
}
