import type { Source } from './avro/source.js'
import type { FieldSpans } from './columns/field_spans.js'

/** Records that were walked, and where they came from: what columns are written from. */
export interface WalkedGroup {
  readonly source: Source
  readonly spans: FieldSpans
  /** Each row's Kafka offset. */
  readonly offsets: Float64Array
  readonly partition: number
  /** The incarnation of the topic, in the bytes of a UUID's text. */
  readonly topicId: Uint8Array
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
}
