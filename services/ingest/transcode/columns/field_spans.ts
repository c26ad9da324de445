/** The day of a record that is not stored. */
export const NO_DAY = -1

/**
 * Where the parts of a group's records are in its bytes. The walk fills it, and columns are written from it. It is
 * reused for every group and grows to the largest.
 */
export class FieldSpans {
  /** Number of rows that fit. */
  capacity = 0
  /** Start of each row's event id. */
  eventIds = new Int32Array(0)
  /** Time of each row, in microseconds since 1970. */
  times = new Float64Array(0)
  /** Day of each row, in days since 1970-01-01; `NO_DAY` for a row that is not stored. */
  days = new Int32Array(0)
  /** Start of each text; field `f` of row `r` is at index `f * capacity + r`. */
  starts = new Int32Array(0)
  /** Length of each text in bytes, indexed alike; 0 if it is absent. */
  lengths = new Int32Array(0)

  constructor(readonly fields: number) {}

  /** Clears everything and makes room for `rows` rows. Each starts as not stored. */
  reserve(rows: number): void {
    if (rows > this.capacity) {
      this.capacity = Math.max(rows, this.capacity * 2)
      this.eventIds = new Int32Array(this.capacity)
      this.times = new Float64Array(this.capacity)
      this.days = new Int32Array(this.capacity)
      this.starts = new Int32Array(this.capacity * this.fields)
      this.lengths = new Int32Array(this.capacity * this.fields)
    }
    this.days.fill(NO_DAY, 0, rows)
  }
}
