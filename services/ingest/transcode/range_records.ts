/** The bytes of a range: one piece of memory, or a view of several. */
export interface RangeBytes {
  readonly length: number
  /** The bytes from `start` to before `end`. The next call of `subarray` may overwrite them. */
  subarray(start: number, end: number): Uint8Array
}

/** The records of a range in offset order, one array a property. Read only. */
export interface RangeRecords {
  /** Contains the values of the records; bytes between the values have no meaning. */
  readonly data: RangeBytes
  /** Start of each value in `data`, ascending. */
  readonly starts: Int32Array
  /** Length of each value in bytes; -1 for a record without a value. */
  readonly lengths: Int32Array
  readonly offsets: Float64Array
  /** Kafka's timestamp of each record, in milliseconds since 1970; -1 if it has none. */
  readonly timestamps: Float64Array
}

/** The values of a range, without what Kafka says about them. */
export type RangeValues = Pick<RangeRecords, 'data' | 'starts' | 'lengths'>

/** @throws {RangeError} when a value is outside of the data, or starts before the previous one */
export function checkValues({ data, starts, lengths }: RangeValues): void {
  if (starts.length !== lengths.length) {
    throw new RangeError(`A range of ${lengths.length} records has ${starts.length} starts.`)
  }
  let before = 0
  for (let row = 0; row < lengths.length; row++) {
    const start = starts[row] as number
    const end = start + (lengths[row] as number)
    if (start < before || end > data.length) {
      throw new RangeError(
        `Value ${row} of a range (${start} to ${end}) starts before ${before} or ends after ${data.length}.`,
      )
    }
    before = start
  }
}

/** @throws {RangeError} when the arrays of the range don't match */
export function checkRecords({ data, starts, lengths, offsets, timestamps }: RangeRecords): void {
  checkValues({ data, starts, lengths })
  if (offsets.length !== lengths.length || timestamps.length !== lengths.length) {
    throw new RangeError(
      `A range of ${lengths.length} records has ${offsets.length} offsets and ${timestamps.length} timestamps.`,
    )
  }
}
