import type { RecordReader } from '../fetch/record_reader.js'
import { SEGMENT_BYTES, type Segment, type Segments } from '../memory/segments.js'

/**
 * A run of one partition's records, from `first` to `last`, raw: what is inserted together and committed together.
 */
export interface Range {
  readonly first: number
  readonly last: number
  readonly count: number
  /** Hold the records' values, one after the other, between other bytes; the last is filled in part. */
  readonly segments: readonly Segment[]
  /** How many bytes the segments hold. */
  readonly bytes: number
  /** Where each value begins in the bytes. */
  readonly starts: Int32Array<ArrayBuffer>
  /** Each value's length in bytes; -1 for a record without a value. */
  readonly lengths: Int32Array<ArrayBuffer>
  readonly offsets: Float64Array<ArrayBuffer>
  /** When Kafka took each record, in milliseconds. */
  readonly timestamps: Float64Array<ArrayBuffer>
}

/** For how many records there is room at first, where nobody knows better. */
const FIRST_COUNT = 256

/** The part of a reader that a range is made of. */
export type RecordAt = Pick<
  RecordReader,
  'bytes' | 'start' | 'end' | 'offset' | 'timestamp' | 'valueStart' | 'valueLength'
>

/**
 * Collects records into a range. Records that follow each other are copied in one piece, with what lies between their values: a copy for
 * each value took longer than the bytes that it saved.
 */
export class RangeBuilder {
  readonly #segments: Segment[] = []
  #starts: Int32Array<ArrayBuffer>
  #lengths: Int32Array<ArrayBuffer>
  #offsets: Float64Array<ArrayBuffer>
  #timestamps: Float64Array<ArrayBuffer>
  #copied = 0
  #count = 0
  #last: number
  /** The piece that is yet to be copied. */
  #piece: Buffer | undefined
  #pieceStart = 0
  #pieceEnd = 0

  /** Begins a range at `first`, whether or not a record is there. It grows in `segments`, and will have about `count` records. */
  constructor(
    readonly first: number,
    readonly segments: Segments,
    count: number = FIRST_COUNT,
  ) {
    this.#last = first - 1
    this.#starts = new Int32Array(count)
    this.#lengths = new Int32Array(count)
    this.#offsets = new Float64Array(count)
    this.#timestamps = new Float64Array(count)
  }

  get bytes(): number {
    return this.#copied + this.#pieceEnd - this.#pieceStart
  }

  get count(): number {
    return this.#count
  }

  /** The last offset covered so far; a record that was passed over counts. */
  get last(): number {
    return this.#last
  }

  get empty(): boolean {
    return this.#last < this.first
  }

  append({ bytes, start, end, offset, timestamp, valueStart, valueLength }: RecordAt): void {
    this.cover(offset)
    if (bytes !== this.#piece || start !== this.#pieceEnd) {
      this.settle()
      this.#piece = bytes
      this.#pieceStart = start
    }
    this.#pieceEnd = end
    if (this.#count === this.#lengths.length) this.#growRows()
    this.#starts[this.#count] = this.#copied + valueStart - this.#pieceStart
    this.#lengths[this.#count] = valueLength
    this.#offsets[this.#count] = offset
    this.#timestamps[this.#count] = timestamp
    this.#count++
  }

  /** Makes the range reach over an offset whose record is stored already. */
  cover(offset: number): void {
    this.#last = offset
  }

  /** Copies what was appended: from now on the bytes it came in are not needed. */
  settle(): void {
    const piece = this.#piece
    if (piece === undefined) return
    for (let at = this.#pieceStart; at < this.#pieceEnd; ) {
      const filled = this.#copied % SEGMENT_BYTES
      if (filled === 0) this.#segments.push(this.segments.take())
      const length = Math.min(this.#pieceEnd - at, SEGMENT_BYTES - filled)
      this.#segments.at(-1)?.set(piece.subarray(at, at + length), filled)
      at += length
      this.#copied += length
    }
    this.#piece = undefined
    this.#pieceStart = 0
    this.#pieceEnd = 0
  }

  build(): Range {
    this.settle()
    return {
      first: this.first,
      last: this.#last,
      count: this.#count,
      segments: this.#segments,
      bytes: this.#copied,
      starts: this.#starts.subarray(0, this.#count),
      lengths: this.#lengths.subarray(0, this.#count),
      offsets: this.#offsets.subarray(0, this.#count),
      timestamps: this.#timestamps.subarray(0, this.#count),
    }
  }

  /** Gives the memory back of a range that will not be built. */
  discard(): void {
    this.segments.give(this.#segments)
  }

  #growRows(): void {
    const rows = Math.max(this.#lengths.length * 2, FIRST_COUNT)
    this.#starts = grown(this.#starts, new Int32Array(rows))
    this.#lengths = grown(this.#lengths, new Int32Array(rows))
    this.#offsets = grown(this.#offsets, new Float64Array(rows))
    this.#timestamps = grown(this.#timestamps, new Float64Array(rows))
  }
}

function grown<T extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

/**
 * The token under which ClickHouse knows an insert again: the same for the same records, whoever sends them and however often. `turn` counts
 * the tokens of the range that ClickHouse has noted without keeping their block.
 */
export function deduplicationToken(
  topicId: string,
  partition: number,
  range: Pick<Range, 'first' | 'last'>,
  day: string,
  turn = 0,
): string {
  return `${topicId}-${partition}-${range.first}-${range.last}-${day}${turn === 0 ? '' : `-${turn}`}`
}
