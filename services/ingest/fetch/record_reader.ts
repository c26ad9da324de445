import type { RecordBatch } from './record_batch.js'

/**
 * Reads the records of a batch one after another. It creates no object for a record: the fields say where the current
 * one is.
 *
 * @see Apache Kafka, "Message Format": Record. Numbers are zigzag varints as in Protocol Buffers.
 */
export class RecordReader {
  readonly bytes: Buffer
  /** Start and end of the current record, including its length. */
  start = 0
  end = 0
  offset = 0
  /** Milliseconds since 1970; -1 if the producer set none. */
  timestamp = 0
  valueStart = 0
  /** -1 for a record without a value. */
  valueLength = 0
  /** Start of the key; its length is -1 for a record without a key. */
  keyStart = 0
  keyLength = 0
  #left: number
  #at = 0

  /** `records` are the batch's records, uncompressed. */
  constructor(
    readonly batch: RecordBatch,
    records: Buffer = batch.records,
  ) {
    this.bytes = records
    this.#left = batch.count
  }

  /** Moves to the next record; false after the last. @throws {RangeError} when the batch is not what its header says */
  next(): boolean {
    if (this.#left <= 0) return false
    this.#left--
    const { batch } = this
    this.start = this.end
    this.#at = this.start
    const length = this.#varint()
    this.end = this.#at + length
    this.#at++ // Records have attributes that Kafka does not use.
    const timestampDelta = this.#varint()
    this.timestamp = batch.appendedAt ?? batch.firstTimestamp + timestampDelta
    this.offset = batch.firstOffset + this.#varint()
    this.keyLength = this.#varint()
    this.keyStart = this.#at
    if (this.keyLength > 0) this.#at += this.keyLength
    this.valueLength = this.#varint()
    this.valueStart = this.#at
    // A number that is cut off ends behind the bytes, too.
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
