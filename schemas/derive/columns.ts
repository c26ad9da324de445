import { type Field, type Stream, streams } from '../streams/index.js'

/** A column of a stream's table, as ClickHouse's `system.columns` describes it. */
export interface Column {
  readonly name: string
  readonly type: string
  /** The column's meaning, in plain text. */
  readonly comment: string
}

/** Where a stored record came from, and when: ingest adds these columns to every stream. */
export const provenance: readonly Column[] = [
  { name: 'ingested_at', type: "DateTime64(3, 'UTC')", comment: 'When ingest stored the record.' },
  {
    name: 'topic_id',
    type: 'UUID',
    comment: 'The id of the Kafka topic that the record came from. A topic that is created again has another id.',
  },
  { name: 'kafka_partition', type: 'UInt32', comment: 'The Kafka partition that the record came from.' },
  { name: 'kafka_offset', type: 'UInt64', comment: 'The offset of the record in its Kafka partition.' },
]

/** The columns that a stream's table must have: the envelope, the fields (absent is empty text), the provenance. */
export function columns(stream: Stream): readonly Column[] {
  return [
    {
      name: 'event_id',
      type: 'UUID',
      comment: 'The id of the record (UUIDv7). A record that its producer sends twice has the same id.',
    },
    { name: 'time', type: "DateTime64(6, 'UTC')", comment: 'When the record was generated, in UTC.' },
    ...stream.fields.map((field) => ({
      name: field.name,
      type: field.cardinality === 'low' ? 'LowCardinality(String)' : 'String',
      comment: commentOf(field),
    })),
    ...provenance,
  ]
}

function commentOf({ doc, list, json }: Field): string {
  if (json !== undefined) return `${doc} JSON text: an object.`
  if (list === undefined) return doc
  return `${doc} JSON text: a list of objects with ${list.map(({ name }) => name).join(', ')}.`
}

/** Every table that Gatelog's streams need, by name. */
export function tables(): ReadonlyMap<string, readonly Column[]> {
  return new Map(streams.map((stream) => [stream.name, columns(stream)]))
}
