import type { Segment } from '../../memory/segments.js'
import type { DeadLetter } from '../../store/messages.js'

/**
 * Consecutive raw records of one partition, from `first` to `last`: they are inserted together and committed together.
 */
export interface Range {
  readonly first: number
  readonly last: number
  readonly count: number
  /** Hold the records' keys and values, with other bytes between them. The last segment may be filled in part. */
  readonly segments: readonly Segment[]
  /** How many bytes the segments hold. */
  readonly bytes: number
  /** Where each value begins, in bytes. */
  readonly starts: Int32Array<ArrayBuffer>
  /** Each value's length in bytes; -1 for a record without a value. */
  readonly lengths: Int32Array<ArrayBuffer>
  /** Where each key begins, in bytes. */
  readonly keyStarts: Int32Array<ArrayBuffer>
  /** Each key's length in bytes; -1 for a record without a key. */
  readonly keyLengths: Int32Array<ArrayBuffer>
  readonly offsets: Float64Array<ArrayBuffer>
  /** Kafka's timestamp of each record, in milliseconds since the epoch. */
  readonly timestamps: Float64Array<ArrayBuffer>
  /** The batches of the range that can't be read. */
  readonly deadLetters: readonly DeadLetter[]
}

/**
 * The deduplication token of an insert: the same for the same records, whichever worker sends them and however often.
 * `attempt` counts the tokens of the range that ClickHouse has recorded without keeping their block.
 */
export function deduplicationToken(
  topicId: string,
  partition: number,
  range: Pick<Range, 'first' | 'last'>,
  day: string,
  attempt = 0,
): string {
  return `${topicId}-${partition}-${range.first}-${range.last}-${day}${attempt === 0 ? '' : `-${attempt}`}`
}
