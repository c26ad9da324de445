import type { RecordBatch } from '../fetch/record_batch.js'
import { RecordReader } from '../fetch/record_reader.js'
import type { Budget } from '../memory/budget.js'
import type { Segments } from '../memory/segments.js'
import { type Range, RangeBuilder, type RecordAt } from './range.js'
import type { Start } from './reconcile.js'

export interface Limits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxWaitMs: number
}

/** A range that is ready to be stored, and what it holds of the budget. */
export interface Ready {
  readonly range: Range
  /** Whether the range was begun before, by a worker that may have come some way with it. */
  readonly begunBefore: boolean
  readonly cost: number
}

export interface IntakeContext {
  readonly start: Start
  readonly limits: Limits
  readonly budget: Budget
  readonly segments: Segments
  /** Told when a range is ready, or has become due. */
  readonly wake: () => void
  /** Told when offsets from `from` to before `to` are not in Kafka any more. */
  readonly missing: (from: number, to: number) => void
}

/** Memory for where a record's value lies, its offset and its time, beside its bytes. */
const ROW_OVERHEAD_BYTES = 24

/**
 * Collects one partition's records into ranges. One range grows and one may wait; what comes beyond that waits in `append`, and so does
 * what the budget has no room for: that is what holds fetching back.
 */
export class Intake {
  #next: number | undefined
  #growing: RangeBuilder | undefined
  #cost = 0
  /** How many records the range before had: much the same will come again, and what grows is copied. */
  #lastCount: number | undefined
  #ready: Ready | undefined
  #due = false
  #refusing = false
  #timer: NodeJS.Timeout | undefined
  #roomy: () => void = () => undefined

  constructor(readonly context: IntakeContext) {
    this.#next = context.start.from
  }

  /** The offset expected next; undefined before the first record of a partition of which nothing is known. */
  get next(): number | undefined {
    return this.#next
  }

  /**
   * Takes records in the order of their offsets; those that it has had already are passed over. Resolves when there is room for more, and
   * needs the batches' memory no longer then.
   */
  async append(batches: readonly RecordBatch[]): Promise<void> {
    try {
      for (const batch of batches) {
        if (batch.control) this.#pass(batch)
        else await this.#appendBatch(batch)
        if (this.#refusing) return
      }
    } finally {
      this.#growing?.settle()
    }
  }

  async #appendBatch(batch: RecordBatch): Promise<void> {
    const record = new RecordReader(batch)
    while (record.next()) {
      if (this.#next !== undefined && record.offset < this.#next) continue
      const cost = record.end - record.start + ROW_OVERHEAD_BYTES
      if (this.#endsBefore(record.offset, cost)) await this.#sealWhenRoomy()
      if (this.#refusing) return
      const affordable = this.#afford(record.offset, cost)
      if (affordable !== undefined) {
        await affordable
        if (this.#refusing) {
          this.context.budget.give(cost)
          return
        }
      }
      this.#take(record, cost)
    }
  }

  /** The end of a transaction takes an offset as a record does, and is nobody's record. */
  #pass({ lastOffset }: RecordBatch): void {
    // A range that was begun before begins where it began, not after what was passed.
    const fixed = this.#growing === undefined && this.#replays(lastOffset)
    if (this.#next !== undefined && lastOffset >= this.#next && !fixed) this.#next = lastOffset + 1
  }

  /** The range that is to be stored next, if one is. `rest` asks for what has been collected although it is not due. */
  takeReady(rest: boolean): Ready | undefined {
    const growing = this.#growing
    if (this.#due || (rest && growing !== undefined && !this.#replays(growing.first))) this.#seal()
    const ready = this.#ready
    this.#ready = undefined
    this.#roomy()
    return ready
  }

  /** Takes no more; what was taken can still be stored. */
  refuse(): void {
    this.#refusing = true
    this.#roomy()
  }

  /** Takes no more, and gives back what is held for records that will not be stored. */
  close(): void {
    this.refuse()
    clearTimeout(this.#timer)
    this.context.budget.give(this.#cost + (this.#ready?.cost ?? 0))
    this.#growing?.discard()
    this.context.segments.give(this.#ready?.range.segments ?? [])
    this.#cost = 0
    this.#growing = undefined
    this.#ready = undefined
  }

  /** Whether the range that begins at `first` was begun before: its bounds stand, whatever its size and however long it takes to read. */
  #replays(first: number): boolean {
    const { pending } = this.context.start
    return pending !== undefined && first <= pending
  }

  #endsBefore(offset: number, cost: number): boolean {
    const growing = this.#growing
    if (growing === undefined || growing.empty) return false
    if (this.#replays(growing.first)) return offset > (this.context.start.pending as number)
    const { maxRows, maxBytes } = this.context.limits
    return growing.count >= maxRows || growing.bytes + cost > maxBytes
  }

  /** A range that was begun before must be read to its end before any of it can be stored: waiting for others here could wait forever. */
  #afford(offset: number, cost: number): Promise<void> | undefined {
    const { budget } = this.context
    if (this.#replays(this.#growing?.first ?? offset)) budget.force(cost)
    else if (!budget.tryTake(cost)) return budget.take(cost)
    return undefined
  }

  #take(record: RecordAt, cost: number): void {
    const { start, limits, segments, missing } = this.context
    const { offset } = record
    if (this.#next !== undefined && offset > this.#next) missing(this.#next, offset)
    this.#growing ??= new RangeBuilder(this.#next ?? offset, segments, this.#lastCount)
    this.#cost += cost
    if (start.stored.has(offset)) this.#growing.cover(offset)
    else this.#growing.append(record)
    this.#next = offset + 1
    if (!this.#replays(this.#growing.first)) this.#timer ??= setTimeout(() => this.#becomeDue(), limits.maxWaitMs)
    else if (offset === start.pending) this.#becomeDue()
  }

  #becomeDue(): void {
    this.#due = true
    this.context.wake()
  }

  async #sealWhenRoomy(): Promise<void> {
    while (this.#ready !== undefined && !this.#refusing) {
      await new Promise<void>((resolve) => {
        this.#roomy = resolve
      })
    }
    this.#seal()
  }

  #seal(): void {
    if (this.#growing === undefined || this.#ready !== undefined) return
    const begunBefore = this.#replays(this.#growing.first)
    this.#lastCount = this.#growing.count
    this.#ready = { range: this.#growing.build(), begunBefore, cost: this.#cost }
    this.#growing = undefined
    this.#cost = 0
    this.#due = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.context.wake()
  }
}
