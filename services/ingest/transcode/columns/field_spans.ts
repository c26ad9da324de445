/** Stands in `FieldSpans.days` for a record that is not stored. */
export const NO_DAY = -1

/**
 * Where the parts of a group's records lie in its bytes, as the walk found them: what columns are written from. One is used for group
 * after group and grows to the largest.
 */
export class FieldSpans {
  /** Rows that there is room for. */
  capacity = 0
  /** Where each row's event id begins. */
  eventIds = new Int32Array(0)
  /** Each row's time, in microseconds since 1970. */
  times = new Float64Array(0)
  /** Each row's day, counted from 1970-01-01; `NO_DAY` for a row that is not stored. */
  days = new Int32Array(0)
  /** Where each text begins: that of field `f` in row `r` is at `f * capacity + r`. */
  starts = new Int32Array(0)
  /** Each text's length in bytes, placed alike; 0 where it is absent. */
  lengths = new Int32Array(0)

  constructor(readonly fields: number) {}

  /** Makes room for `rows` rows, none of which is stored as yet; what was noted before is void. */
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
