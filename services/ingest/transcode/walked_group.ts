import type { Source } from './avro/source.js'
import type { FieldSpans } from './columns/field_spans.js'

/** A group of records after the walk, and where they came from. Columns are written from it. */
export interface WalkedGroup {
  readonly source: Source
  readonly spans: FieldSpans
  /** The Kafka offset of each row. */
  readonly offsets: Float64Array
  readonly partition: number
  /** The topic's id (a UUID) as 16 bytes. */
  readonly topicId: Uint8Array
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
}
