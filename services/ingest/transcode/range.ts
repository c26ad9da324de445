/** Records of one Kafka partition, in order, each part at its record's index. Only read. */
export interface RecordRange {
  /** The records' values, one after another. */
  readonly data: Uint8Array
  /** Each value's length in bytes; -1 for a record without a value. */
  readonly lengths: Int32Array
  readonly offsets: Float64Array
  /** Kafka's timestamp of each record, in milliseconds since 1970; -1 where it has none. */
  readonly timestamps: Float64Array
}

/** The part of a range that holds the records themselves. */
export type Values = Pick<RecordRange, 'data' | 'lengths'>

/** @throws {RangeError} when the values do not fill the data */
export function checkValues({ data, lengths }: Values): void {
  let total = 0
  for (const length of lengths) if (length > 0) total += length
  if (total !== data.length) {
    throw new RangeError(`The values of a range have ${total} bytes by their lengths, and ${data.length} in the data.`)
  }
}

/** @throws {RangeError} when the range's parts do not fit each other */
export function checkRange({ data, lengths, offsets, timestamps }: RecordRange): void {
  checkValues({ data, lengths })
  if (offsets.length !== lengths.length || timestamps.length !== lengths.length) {
    throw new RangeError(
      `A range has ${lengths.length} lengths, ${offsets.length} offsets and ${timestamps.length} timestamps: one of each a record is needed.`,
    )
  }
}
