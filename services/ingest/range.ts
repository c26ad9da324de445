import type { KafkaMessage } from 'kafkajs'

/**
 * A run of one partition's records, from `first` to `last`, raw: what is inserted together and committed together. Its bytes are its own,
 * so that it can be handed to another thread without a copy.
 */
export interface Range {
  readonly first: number
  readonly last: number
  readonly count: number
  /** The records' values, one after another. */
  readonly data: Uint8Array<ArrayBuffer>
  /** Each value's length in bytes; -1 for a record without a value. */
  readonly lengths: Int32Array<ArrayBuffer>
  readonly offsets: Float64Array<ArrayBuffer>
  /** When Kafka took each record, in milliseconds. */
  readonly timestamps: Float64Array<ArrayBuffer>
}

const FIRST_CAPACITY_BYTES = 64 * 1024
const FIRST_CAPACITY_ROWS = 256

/** Collects records into a range. */
export class RangeBuilder {
  #data: Buffer<ArrayBuffer> = allocate(FIRST_CAPACITY_BYTES)
  #lengths = new Int32Array(FIRST_CAPACITY_ROWS)
  #offsets = new Float64Array(FIRST_CAPACITY_ROWS)
  #timestamps = new Float64Array(FIRST_CAPACITY_ROWS)
  #bytes = 0
  #count = 0
  #last: number

  /** Begins a range at `first`, whether or not a record is there. */
  constructor(readonly first: number) {
    this.#last = first - 1
  }

  get bytes(): number {
    return this.#bytes
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

  append(offset: number, { value, timestamp }: Pick<KafkaMessage, 'value' | 'timestamp'>): void {
    this.cover(offset)
    if (this.#count === this.#lengths.length) this.#growRows()
    const length = value?.length ?? 0
    if (this.#bytes + length > this.#data.length) this.#growData(length)
    value?.copy(this.#data, this.#bytes)
    this.#lengths[this.#count] = value === null ? -1 : length
    this.#offsets[this.#count] = offset
    this.#timestamps[this.#count] = Number(timestamp)
    this.#bytes += length
    this.#count++
  }

  /** Makes the range reach over an offset whose record is stored already. */
  cover(offset: number): void {
    this.#last = offset
  }

  build(): Range {
    return {
      first: this.first,
      last: this.#last,
      count: this.#count,
      data: this.#data.subarray(0, this.#bytes),
      lengths: this.#lengths.subarray(0, this.#count),
      offsets: this.#offsets.subarray(0, this.#count),
      timestamps: this.#timestamps.subarray(0, this.#count),
    }
  }

  #growRows(): void {
    const rows = this.#lengths.length * 2
    this.#lengths = grown(this.#lengths, new Int32Array(rows))
    this.#offsets = grown(this.#offsets, new Float64Array(rows))
    this.#timestamps = grown(this.#timestamps, new Float64Array(rows))
  }

  #growData(needed: number): void {
    const data = allocate(Math.max(this.#data.length * 2, this.#bytes + needed))
    this.#data.copy(data, 0, 0, this.#bytes)
    this.#data = data
  }
}

/** Memory outside Buffer's shared pool, which could not be transferred. */
function allocate(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(bytes) as Buffer<ArrayBuffer>
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
