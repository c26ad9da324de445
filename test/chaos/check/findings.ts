/** Something that must not be, at one place. */
export interface Finding {
  readonly what: string
  readonly partition: number
  readonly offset?: number
  readonly eventId?: string
}

/** The kinds of what can be found. `stuck` is what was not stored in time, though nothing was in the way any more. */
export type FindingKind = 'lost' | 'doubled' | 'wrong' | 'stuck'

/** Shows the first of each kind; all are counted. */
const SHOWN = 20

export class Findings {
  readonly #counts = new Map<FindingKind, number>()
  readonly #shown: { readonly kind: FindingKind; readonly finding: Finding }[] = []

  add(kind: FindingKind, finding: Finding): void {
    const count = this.count(kind) + 1
    this.#counts.set(kind, count)
    if (count <= SHOWN) this.#shown.push({ kind, finding })
  }

  count(kind: FindingKind): number {
    return this.#counts.get(kind) ?? 0
  }

  get none(): boolean {
    return this.#counts.size === 0
  }

  /** For people: the counts, and the first places. */
  lines(): readonly string[] {
    const counts = [...this.#counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
    const places = this.#shown.map(({ kind, finding: { what, partition, offset, eventId } }) => {
      const where = [
        `partition ${partition}`,
        ...(offset === undefined ? [] : [`offset ${offset}`]),
        ...(eventId === undefined ? [] : [`event_id ${eventId}`]),
      ]
      return `  ${kind}: ${where.join(', ')}: ${what}`
    })
    return [counts, ...places]
  }
}
