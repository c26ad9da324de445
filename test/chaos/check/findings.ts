/** A violation, at one place. */
export interface Finding {
  readonly what: string
  readonly partition: number
  readonly offset?: number
  readonly eventId?: string
}

/** The kinds of violations. `stuck` is what was not stored in time although no fault was active. */
export type FindingKind = 'lost' | 'duplicated' | 'wrong' | 'stuck'

/** Counts violations and keeps the first of each kind. */
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

  /** The counts and the first places, for the report. */
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
