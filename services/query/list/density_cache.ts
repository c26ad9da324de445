import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'
import { Recent } from '../recent.js'

/** How long a spacing is gone by, in milliseconds: by then records may come much closer together, and too much would be read at once. */
const MAX_AGE_MS = 60_000
/** So many questions are remembered; what was noted longest ago is forgotten first. */
const MOST_QUESTIONS = 1_000

/**
 * How far apart the records lay that were asked for a minute ago at most, so that the page after a page, or the same one again, need not
 * feel its way. It need not be exact: it says how far to look at once, not what there is.
 */
export class Spacings {
  readonly #known = new Recent<{ readonly spacing: number; readonly noted: number }>(MOST_QUESTIONS)

  constructor(
    /** Milliseconds that pass. */
    readonly clock: () => number = () => performance.now(),
  ) {}

  /** Microseconds from a record to the next; undefined where that is not known. */
  of(question: string): number | undefined {
    const known = this.#known.get(question)
    return known !== undefined && this.clock() - known.noted < MAX_AGE_MS ? known.spacing : undefined
  }

  note(question: string, spacing: number): void {
    this.#known.set(question, { spacing, noted: this.clock() })
  }
}

/** What the pages of a list have in common, wherever in time they lie: which records are meant, and which of them may be read. */
export function questionOf(stream: Stream, { fields, outcomes }: Filters, { organizations }: Principal): string {
  return JSON.stringify([stream.name, organizations, fields, outcomes])
}
