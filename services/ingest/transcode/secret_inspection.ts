import type { Stream } from '../../../schemas/streams/index.js'
import type { SecretKind } from '../../emitter/redaction/kinds.js'
import { recordRedactor } from '../../emitter/redaction/record.js'
import { secretMarks } from '../../emitter/redaction/redact.js'
import type { WalkedGroup } from './walked_group.js'

/** One record in so many is looked at. A look takes 13 µs, several times what storing a record takes. */
export const INSPECTED_ONE_IN = 1024

/** How many secrets were found, by kind. */
export type SecretCounts = Readonly<Partial<Record<SecretKind, number>>>

/**
 * Counts secrets that were not replaced before their records reached Kafka, because their producer has no redaction.
 * They are stored as they are: what is stored depends on the record alone, and not on a version of the rules.
 */
export class SecretInspection {
  readonly #redact: ReturnType<typeof recordRedactor>
  readonly #names: readonly string[]
  #counts: Partial<Record<SecretKind, number>> = {}

  constructor(stream: Stream) {
    this.#redact = recordRedactor(stream)
    this.#names = stream.fields.map(({ name }) => name)
  }

  /** Looks at some of the rows. */
  inspect(group: Pick<WalkedGroup, 'source' | 'spans' | 'offsets'>, rows: Int32Array): void {
    for (const row of rows) {
      if (!isInspected(group.offsets[row] as number)) continue
      const { fields, marked } = this.#fieldsOf(group, row)
      this.#redact(fields, marked, (kind) => {
        this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
      })
    }
  }

  /** What was found since the last call. */
  take(): SecretCounts {
    const counts = this.#counts
    this.#counts = {}
    return counts
  }

  /** The texts of a row, and whether one of them has a mark of a secret. */
  #fieldsOf({ source, spans }: Pick<WalkedGroup, 'source' | 'spans'>, row: number) {
    const fields: Record<string, string> = {}
    let marked = false
    for (const [field, name] of this.#names.entries()) {
      const slot = field * spans.capacity + row
      const length = spans.lengths[slot] as number
      const start = spans.starts[slot] as number
      if (length === 0) continue
      fields[name] = source.textAt(start, start + length)
      marked ||= secretMarks.found(source.bytes, start, start + length)
    }
    return { fields, marked }
  }
}

/** Mixes the offset's bits, so that the choice does not follow the rhythm in which a producer sends. */
function isInspected(offset: number): boolean {
  return Math.imul(offset, 0x9e3779b1) >>> 0 < 2 ** 32 / INSPECTED_ONE_IN
}
