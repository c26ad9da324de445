/** Where records lie: one piece of memory, or what can show any part of it. */
export interface RangeBytes {
  readonly length: number
  /** The bytes from `start` up to `end`; they may change when `subarray` is called again. */
  subarray(start: number, end: number): Uint8Array
}

/** Records of one Kafka partition, in order, each part at its record's index. Only read. */
export interface RangeRecords {
  /** Holds the records' values; what lies between them is nobody's. */
  readonly data: RangeBytes
  /** Where each value begins in the data, none before the one before it. */
  readonly starts: Int32Array
  /** Each value's length in bytes; -1 for a record without a value. */
  readonly lengths: Int32Array
  readonly offsets: Float64Array
  /** Kafka's timestamp of each record, in milliseconds since 1970; -1 where it has none. */
  readonly timestamps: Float64Array
}

/** The part of a range that holds the records themselves. */
export type RangeValues = Pick<RangeRecords, 'data' | 'starts' | 'lengths'>

/** @throws {RangeError} when a value does not lie in the data, or before the one before it */
export function checkValues({ data, starts, lengths }: RangeValues): void {
  if (starts.length !== lengths.length) {
    throw new RangeError(
      `A range has ${lengths.length} lengths and ${starts.length} starts: one of each a record is needed.`,
    )
  }
  let before = 0
  for (let row = 0; row < lengths.length; row++) {
    const start = starts[row] as number
    const end = start + (lengths[row] as number)
    if (start < before || end > data.length) {
      throw new RangeError(
        `Value ${row} of a range lies from ${start} to ${end}, the one before it begins at ${before}, and the data end at ${data.length}.`,
      )
    }
    before = start
  }
}

/** @throws {RangeError} when the range's parts do not fit each other */
export function checkRecords({ data, starts, lengths, offsets, timestamps }: RangeRecords): void {
  checkValues({ data, starts, lengths })
  if (offsets.length !== lengths.length || timestamps.length !== lengths.length) {
    throw new RangeError(
      `A range has ${lengths.length} lengths, ${offsets.length} offsets and ${timestamps.length} timestamps: one of each a record is needed.`,
    )
  }
}
