import { type Stream, streams } from '../streams/index.js'

/** A column of a stream's table, as ClickHouse's `system.columns` describes it. */
export interface Column {
  readonly name: string
  readonly type: string
}

/** Where a stored record came from, and when: added by ingest, the same for every stream. */
export const provenance: readonly Column[] = [
  { name: 'ingested_at', type: "DateTime64(3, 'UTC')" },
  { name: 'topic_id', type: 'UUID' },
  { name: 'kafka_partition', type: 'UInt32' },
  { name: 'kafka_offset', type: 'UInt64' },
]

/** The columns that a stream's table must have: the envelope, the fields (empty text where absent), the provenance. */
export function columns(stream: Stream): readonly Column[] {
  return [
    { name: 'event_id', type: 'UUID' },
    { name: 'time', type: "DateTime64(6, 'UTC')" },
    ...stream.fields.map(({ name, cardinality }) => ({
      name,
      type: cardinality === 'low' ? 'LowCardinality(String)' : 'String',
    })),
    ...provenance,
  ]
}

/** Every table that Gatelog's streams need, by name. */
export function tables(): ReadonlyMap<string, readonly Column[]> {
  return new Map(streams.map((stream) => [stream.name, columns(stream)]))
}
