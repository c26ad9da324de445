import type { RecordBatch } from './record_batch.js'

/**
 * Takes a record batch apart, one record after another, without making an object for each: where the current one lies is told by numbers.
 *
 * @see Apache Kafka, "Message Format": Record. Numbers are Protocol Buffers' zigzag varints.
 */
export class RecordReader {
  readonly bytes: Buffer
  /** Where the current record begins and ends, its length before it counted in. */
  start = 0
  end = 0
  offset = 0
  /** Milliseconds since 1970; -1 where the producer has given none. */
  timestamp = 0
  valueStart = 0
  /** -1 for a record without a value. */
  valueLength = 0
  /** Where the key begins; for a record without one, its length is -1. */
  keyStart = 0
  keyLength = 0
  #left: number
  #at = 0

  constructor(readonly batch: RecordBatch) {
    this.bytes = batch.records
    this.#left = batch.count
  }

  /** Goes on to the next record; false after the last. @throws {RangeError} when the batch is not what its header says */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const { batch } = this
    this.start = this.end
    this.#at = this.start
    const length = this.#varint()
    this.end = this.#at + length
    this.#at++ // The attributes of a record are not in use.
    const timestampDelta = this.#varint()
    this.timestamp = batch.appendedAt ?? batch.firstTimestamp + timestampDelta
    this.offset = batch.firstOffset + this.#varint()
    this.keyLength = this.#varint()
    this.keyStart = this.#at
    if (this.keyLength > 0) this.#at += this.keyLength
    this.valueLength = this.#varint()
    this.valueStart = this.#at
    // Numbers that are cut off end past the bytes, too.
    const sound = this.valueStart + Math.max(0, this.valueLength) <= this.end && this.end <= this.bytes.length
    if (!sound) throw new RangeError(`The record batch at offset ${batch.firstOffset} is not what its header says.`)
    return true
  }

  #varint(): number {
    const byte = this.bytes[this.#at] as number
    if (byte < 0x80) {
      this.#at++
      return (byte >>> 1) ^ -(byte & 1)
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    const { bytes } = this
    const negative = ((bytes[this.#at] as number) & 1) === 1
    let unsigned = 0
    let weight = 1
    for (;;) {
      const byte = bytes[this.#at++] as number
      unsigned += (byte & 0x7f) * weight
      if (!(byte >= 0x80)) break
      weight *= 128
    }
    return (negative ? -(unsigned + 1) : unsigned) / 2
  }
}
