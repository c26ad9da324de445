import type { RecordBatch } from '../fetch/record_batch.js'
import { RecordReader } from '../fetch/record_reader.js'
import type { ByteSemaphore } from '../memory/byte_semaphore.js'
import type { Segments } from '../memory/segments.js'
import type { Range } from './range.js'
import { RangeBuffer, type RecordAt } from './range_buffer.js'
import type { Start } from './reconcile.js'

export interface Limits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxWaitMs: number
}

/** A range that is ready to be stored, and the bytes in flight that it accounts for. */
export interface ReadyRange {
  readonly range: Range
  /** Whether an earlier worker began the range, and may have stored some of it. */
  readonly begunBefore: boolean
  readonly cost: number
}

export interface RangeBuilderContext {
  readonly start: Start
  readonly limits: Limits
  readonly bytesInFlight: ByteSemaphore
  readonly segments: Segments
  /** Called when a range is ready, or becomes due. */
  readonly wake: () => void
  /** Called when Kafka no longer has the offsets from `from` up to `to`, exclusive. */
  readonly missing: (from: number, to: number) => void
}

/** Memory for the position and length of a record's value, its offset and its timestamp, beside its bytes. */
const ROW_OVERHEAD_BYTES = 24

/**
 * Collects one partition's records into ranges. One range grows and one may wait to be stored. `append` waits when both
 * are full or too many bytes are in flight: this is the back-pressure on fetching.
 */
export class RangeBuilder {
  #next: number | undefined
  #growing: RangeBuffer | undefined
  #cost = 0
  /** How many records the previous range had. The next one probably has about as many, and growing costs a copy. */
  #lastCount: number | undefined
  #ready: ReadyRange | undefined
  #due = false
  #refusing = false
  #timer: NodeJS.Timeout | undefined
  #onRoom: () => void = () => undefined

  constructor(readonly context: RangeBuilderContext) {
    this.#next = context.start.from
  }

  /** The next expected offset; undefined before the first record of a partition of which nothing is known. */
  get next(): number | undefined {
    return this.#next
  }

  /**
   * Takes records in the order of their offsets, and skips those that it already has. Resolves when there is room for
   * more; the caller may reuse the batches' memory then.
   */
  async append(batches: readonly RecordBatch[]): Promise<void> {
    try {
      for (const batch of batches) {
        if (batch.control) this.#skip(batch)
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
      if (this.#endsBefore(record.offset, cost)) await this.#sealWhenRoom()
      if (this.#refusing) return
      const reserved = this.#reserve(record.offset, cost)
      if (reserved !== undefined) {
        await reserved
        if (this.#refusing) {
          this.context.bytesInFlight.release(cost)
          return
        }
      }
      this.#take(record, cost)
    }
  }

  /** A control batch (the end of a transaction) takes an offset like a record, but holds no record. */
  #skip({ lastOffset }: RecordBatch): void {
    // A pending range keeps its first offset, even if a control batch stands there.
    const fixed = this.#growing === undefined && this.#replays(lastOffset)
    if (this.#next !== undefined && lastOffset >= this.#next && !fixed) this.#next = lastOffset + 1
  }

  /** Returns the range to store next, if there is one. `rest` also returns a range that is not due yet. */
  takeReadyRange(rest: boolean): ReadyRange | undefined {
    const growing = this.#growing
    if (this.#due || (rest && growing !== undefined && !this.#replays(growing.first))) this.#seal()
    const ready = this.#ready
    this.#ready = undefined
    this.#onRoom()
    return ready
  }

  /** Takes no more records; those that were taken can still be stored. */
  refuse(): void {
    this.#refusing = true
    this.#onRoom()
  }

  /** Takes no more records, and releases what the collected ones hold: they will not be stored. */
  close(): void {
    this.refuse()
    clearTimeout(this.#timer)
    this.context.bytesInFlight.release(this.#cost + (this.#ready?.cost ?? 0))
    this.#growing?.discard()
    this.context.segments.give(this.#ready?.range.segments ?? [])
    this.#cost = 0
    this.#growing = undefined
    this.#ready = undefined
  }

  /**
   * Whether the range that begins at `first` is pending: its bounds are fixed, whatever its size and however long
   * reading takes.
   */
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

  /**
   * A pending range must be read to its end before any of it can be stored. Waiting for other partitions here could
   * wait forever.
   */
  #reserve(offset: number, cost: number): Promise<void> | undefined {
    const { bytesInFlight } = this.context
    if (this.#replays(this.#growing?.first ?? offset)) bytesInFlight.acquireNow(cost)
    else if (!bytesInFlight.tryAcquire(cost)) return bytesInFlight.acquire(cost)
    return undefined
  }

  #take(record: RecordAt, cost: number): void {
    const { start, limits, segments, missing } = this.context
    const { offset } = record
    if (this.#next !== undefined && offset > this.#next) missing(this.#next, offset)
    this.#growing ??= new RangeBuffer(this.#next ?? offset, segments, this.#lastCount)
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

  async #sealWhenRoom(): Promise<void> {
    while (this.#ready !== undefined && !this.#refusing) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve
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
