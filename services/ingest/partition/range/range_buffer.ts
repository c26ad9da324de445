import type { RecordReader } from '../../fetch/record_reader.js'
import { SEGMENT_BYTES, type Segment, type Segments } from '../../memory/segments.js'
import type { DeadLetter } from '../../store/messages.js'
import type { Range } from './range.js'

/** Rows to make room for when no earlier range suggests a number. */
const FIRST_COUNT = 256

/** The part of a record reader that a range needs. */
export type RecordAt = Pick<
  RecordReader,
  'bytes' | 'start' | 'end' | 'offset' | 'timestamp' | 'keyStart' | 'keyLength' | 'valueStart' | 'valueLength'
>

/**
 * The records of a range while it grows. Adjacent records are copied in one piece, with the bytes between their values:
 * one copy for each value took longer than the bytes it saved.
 */
export class RangeBuffer {
  readonly #segments: Segment[] = []
  #starts: Int32Array<ArrayBuffer>
  #lengths: Int32Array<ArrayBuffer>
  #keyStarts: Int32Array<ArrayBuffer>
  #keyLengths: Int32Array<ArrayBuffer>
  #offsets: Float64Array<ArrayBuffer>
  #timestamps: Float64Array<ArrayBuffer>
  readonly #deadLetters: DeadLetter[] = []
  #deadLetterBytes = 0
  #copied = 0
  #count = 0
  #last: number
  /** The piece that is not copied yet. */
  #piece: Buffer | undefined
  #pieceStart = 0
  #pieceEnd = 0

  /**
   * Begins a range at `first`, whether or not a record is there. It takes memory from `segments` and has about `count`
   * records.
   */
  constructor(
    readonly first: number,
    readonly segments: Segments,
    count: number = FIRST_COUNT,
  ) {
    this.#last = first - 1
    this.#starts = new Int32Array(count)
    this.#lengths = new Int32Array(count)
    this.#keyStarts = new Int32Array(count)
    this.#keyLengths = new Int32Array(count)
    this.#offsets = new Float64Array(count)
    this.#timestamps = new Float64Array(count)
  }

  get bytes(): number {
    return this.#copied + this.#pieceEnd - this.#pieceStart + this.#deadLetterBytes
  }

  get count(): number {
    return this.#count
  }

  /** The last offset covered so far, skipped records included. */
  get last(): number {
    return this.#last
  }

  get empty(): boolean {
    return this.#last < this.first
  }

  append(record: RecordAt): void {
    const { bytes, start, end, offset, timestamp, keyStart, keyLength, valueStart, valueLength } = record
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
    this.#keyStarts[this.#count] = this.#copied + keyStart - this.#pieceStart
    this.#keyLengths[this.#count] = keyLength
    this.#offsets[this.#count] = offset
    this.#timestamps[this.#count] = timestamp
    this.#count++
  }

  /** Adds a batch that can't be read. */
  addDeadLetter(letter: DeadLetter): void {
    this.cover(letter.lastOffset ?? letter.offset)
    this.#deadLetters.push(letter)
    this.#deadLetterBytes += letter.value?.length ?? 0
  }

  /** Extends the range over an offset without adding a record. */
  cover(offset: number): void {
    this.#last = offset
  }

  /** Copies what was appended, so that the caller may reuse the bytes it came in. */
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
      deadLetters: this.#deadLetters,
      starts: this.#starts.subarray(0, this.#count),
      lengths: this.#lengths.subarray(0, this.#count),
      keyStarts: this.#keyStarts.subarray(0, this.#count),
      keyLengths: this.#keyLengths.subarray(0, this.#count),
      offsets: this.#offsets.subarray(0, this.#count),
      timestamps: this.#timestamps.subarray(0, this.#count),
    }
  }

  /** Returns the memory of a range that will not be built. */
  discard(): void {
    this.segments.give(this.#segments)
  }

  #growRows(): void {
    const rows = Math.max(this.#lengths.length * 2, FIRST_COUNT)
    this.#starts = grown(this.#starts, new Int32Array(rows))
    this.#lengths = grown(this.#lengths, new Int32Array(rows))
    this.#keyStarts = grown(this.#keyStarts, new Int32Array(rows))
    this.#keyLengths = grown(this.#keyLengths, new Int32Array(rows))
    this.#offsets = grown(this.#offsets, new Float64Array(rows))
    this.#timestamps = grown(this.#timestamps, new Float64Array(rows))
  }
}

function grown<T extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(old: T, larger: T): T {
  larger.set(old)
  return larger
}
