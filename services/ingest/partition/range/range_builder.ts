import { BatchFault } from '../../fetch/batch_fault.js'
import { openBatch, uncompressedBytes } from '../../fetch/open_batch.js'
import type { RecordBatch } from '../../fetch/record_batch.js'
import type { RecordReader } from '../../fetch/record_reader.js'
import { Wakeup } from '../../wakeup.js'
import { lostOffsets } from './lost_offsets.js'
import { PartitionBytes } from './partition_bytes.js'
import { RangeBuffer, type RecordAt } from './range_buffer.js'
import type { RangeBuilderContext, ReadyRange } from './range_builder_context.js'

/** Memory for the positions and lengths of a record's key and value, its offset and its timestamp, beside its bytes. */
const ROW_OVERHEAD_BYTES = 32
/**
 * How long `append` waits until the range before is stored, in milliseconds. Longer than an insert takes, so that
 * records are seldom fetched twice.
 */
const PATIENCE_MS = 5_000

/**
 * Collects one partition's records into ranges. One range grows and one may wait to be stored. `append` waits when both
 * are full or too many bytes are in flight: this is the back-pressure on fetching.
 */
export class RangeBuilder {
  #next: number | undefined
  #growing: RangeBuffer | undefined
  #cost = 0
  readonly #bytes: PartitionBytes
  #logStartOffset = 0
  /** How many records the previous range had. The next one probably has about as many, and growing costs a copy. */
  #lastCount: number | undefined
  #ready: ReadyRange | undefined
  #due = false
  #refusing = false
  #timer: NodeJS.Timeout | undefined
  readonly #room = new Wakeup()
  #full = false

  constructor(readonly context: RangeBuilderContext) {
    this.#bytes = new PartitionBytes(context.bytesInFlight)
    this.#next = context.start.from
  }

  /** The next expected offset; undefined before the first record of a partition of which nothing is known. */
  get next(): number | undefined {
    return this.#next
  }

  /** Whether `append` gave up waiting for room. It takes nothing more until `reopen`. */
  get full(): boolean {
    return this.#full
  }

  /** Takes records again; returns the offset of the next one. */
  reopen(): number {
    this.#full = false
    return this.#next ?? 0
  }

  get #stopped(): boolean {
    return this.#refusing || this.#full
  }

  /**
   * The first offset of the records that were taken and not handed out; the next expected offset when there are none.
   */
  get firstUnstored(): number | undefined {
    return this.#ready?.range.first ?? this.#growing?.first ?? this.#next
  }

  /**
   * Takes batches in the order of their offsets, and skips records that it already has. Resolves when there is room for
   * more, with whether all records were taken; the caller may reuse the batches' memory then. `logStartOffset` is the
   * first offset that Kafka still has.
   */
  async append(batches: readonly RecordBatch[], logStartOffset: number): Promise<boolean> {
    this.#logStartOffset = logStartOffset
    try {
      for (const batch of batches) {
        if (this.#next !== undefined && batch.lastOffset < this.#next) continue
        if (batch.content === 'records') await this.#appendBatch(batch)
        else if (batch.content instanceof BatchFault) await this.#appendUnreadable(batch, batch.content)
        else if (this.#endsBefore(batch.firstOffset, 0)) await this.#sealWhenRoom()
        if (this.#stopped) return false
        this.#skipTo(batch)
      }
      return true
    } finally {
      this.#growing?.settle()
    }
  }

  async #appendBatch(batch: RecordBatch): Promise<void> {
    const bytes = uncompressedBytes(batch)
    if (bytes === 0) return this.#appendRecords(batch)
    const records = bytes + Math.min(batch.count, bytes) * ROW_OVERHEAD_BYTES
    await this.#bytes.prepay(bytes, records, this.#replaysAt(batch.firstOffset), async () => {
      if (!this.#stopped) await this.#appendRecords(batch)
      this.#growing?.settle()
    })
  }

  async #appendRecords(batch: RecordBatch): Promise<void> {
    let record: RecordReader
    try {
      record = await openBatch(batch)
    } catch (error) {
      if (!(error instanceof BatchFault)) throw error
      return this.#appendUnreadable(batch, error)
    }
    while (record.next()) {
      if (this.#next !== undefined && record.offset < this.#next) continue
      const cost = record.end - record.start + ROW_OVERHEAD_BYTES
      if (this.#endsBefore(record.offset, cost)) await this.#sealWhenRoom()
      if (this.#stopped) return
      const acquired = this.#bytes.acquire(cost, this.#replaysAt(record.offset))
      if (acquired !== undefined) {
        await acquired
        if (this.#stopped) {
          this.#bytes.release(cost)
          return
        }
      }
      this.#take(record, cost)
    }
  }

  /** Takes a batch that can't be read, as one dead letter. */
  async #appendUnreadable(batch: RecordBatch, { reason, detail }: BatchFault): Promise<void> {
    const { firstOffset, lastOffset, count, firstTimestamp, bytes } = batch
    const cost = bytes.length + ROW_OVERHEAD_BYTES
    if (this.#endsBefore(firstOffset, cost)) await this.#sealWhenRoom()
    await this.#bytes.acquire(cost, this.#replaysAt(firstOffset))
    if (this.#stopped) {
      this.#bytes.release(cost)
      return
    }
    const value = new Uint8Array(bytes)
    this.#growAt(firstOffset, cost).addDeadLetter({
      ...{ offset: firstOffset, lastOffset, timestamp: firstTimestamp, reason, detail, value },
      // The count may be damaged, too.
      records: Math.max(1, Math.min(count, lastOffset - firstOffset + 1)),
    })
    this.#advance(lastOffset + 1)
  }

  /**
   * Moves on to the end of a batch. Some of its offsets hold no record to store: of a control batch and of an aborted
   * transaction none does, and compaction may have removed the last ones.
   */
  #skipTo({ firstOffset, lastOffset }: RecordBatch): void {
    if (this.#next === undefined || lastOffset < this.#next) return
    if (this.#replays(this.#growing?.first ?? this.#next)) {
      // A pending range keeps its first offset, even if no record stands there.
      this.#growing ??= new RangeBuffer(this.#next, this.context.segments)
    }
    this.#reportLost(this.#next, firstOffset)
    this.#growing?.cover(lastOffset)
    this.#advance(lastOffset + 1)
  }

  /** Returns the range to store next, if there is one. `rest` also returns a range that is not due yet. */
  takeReadyRange(rest: boolean): ReadyRange | undefined {
    const growing = this.#growing
    if (this.#due || (rest && growing !== undefined && !this.#replays(growing.first))) this.#seal()
    const ready = this.#ready
    this.#ready = undefined
    this.#room.wake()
    return ready
  }

  /** Takes no more records; those that were taken can still be stored. */
  refuse(): void {
    this.#refusing = true
    this.#room.wake()
  }

  /** Takes no more records, and releases what the collected ones hold: they will not be stored. */
  close(): void {
    this.refuse()
    clearTimeout(this.#timer)
    this.#bytes.release(this.#cost + (this.#ready?.cost ?? 0))
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

  get #pending(): number {
    return this.context.start.pending as number
  }

  #endsBefore(offset: number, cost: number): boolean {
    const growing = this.#growing
    const first = growing?.first ?? this.#next ?? offset
    if (this.#replays(first)) {
      if (offset <= this.#pending) return false
      // Kafka no longer has the last records of the pending range: what stands behind its end completes it.
      this.#growing ??= new RangeBuffer(first, this.context.segments)
      return true
    }
    if (growing === undefined || growing.empty) return false
    const { maxRows, maxBytes } = this.context.limits
    return growing.count >= maxRows || growing.bytes + cost > maxBytes
  }

  /**
   * Whether a record at `offset` belongs to a pending range. Such a range must be read to its end before any of it can
   * be stored, so it doesn't wait for bytes: waiting for other partitions could take forever.
   */
  #replaysAt(offset: number): boolean {
    return this.#replays(this.#growing?.first ?? offset)
  }

  #take(record: RecordAt, cost: number): void {
    const { offset } = record
    const growing = this.#growAt(offset, cost)
    if (this.context.start.stored.has(offset)) growing.cover(offset)
    else growing.append(record)
    this.#advance(offset + 1)
  }

  /** The growing range, or a new one that begins with the record at `offset`. */
  #growAt(offset: number, cost: number): RangeBuffer {
    this.#cost += cost
    this.#growing ??= new RangeBuffer(this.#next ?? offset, this.context.segments, this.#lastCount)
    if (this.#next !== undefined && offset > this.#next) this.#reportLost(this.#next, offset)
    return this.#growing
  }

  /** Expects `next`. The growing range now reaches up to it. */
  #advance(next: number): void {
    this.#next = next
    if (this.#growing === undefined) return
    if (!this.#replays(this.#growing.first)) {
      this.#timer ??= setTimeout(() => this.#becomeDue(), this.context.limits.maxWaitMs)
    } else if (next > this.#pending) this.#becomeDue()
  }

  #reportLost(from: number, to: number): void {
    for (const gap of lostOffsets(from, to, this.#logStartOffset, this.context.start.stored))
      this.context.missing(...gap)
  }

  #becomeDue(): void {
    this.#due = true
    this.context.wake()
  }

  async #sealWhenRoom(): Promise<void> {
    while (this.#ready !== undefined && !this.#stopped) this.#full = !(await this.#room.sleep(PATIENCE_MS))
    this.#seal()
  }

  /** A pending range ends at the offset that was committed, whether or not Kafka still has a record there. */
  #completePending(growing: RangeBuffer): void {
    if (this.#next !== undefined && this.#next <= this.#pending) {
      this.#reportLost(this.#next, this.#pending + 1)
      this.#next = this.#pending + 1
    }
    growing.cover(this.#pending)
  }

  #seal(): void {
    if (this.#growing === undefined || this.#ready !== undefined) return
    const begunBefore = this.#replays(this.#growing.first)
    if (begunBefore) this.#completePending(this.#growing)
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
