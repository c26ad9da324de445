import type { Stream } from '../streams/index.js'

/** The part of Avro's schema language that a stream needs (Apache Avro 1.12, "Schema Declaration"). */
export interface AvroRecord {
  readonly type: 'record'
  readonly name: string
  readonly namespace: string
  readonly doc: string
  readonly fields: readonly AvroField[]
}

interface AvroField {
  readonly name: string
  readonly doc: string
  readonly type: unknown
  readonly default?: null
}

/**
 * The Avro schema of a stream: the envelope (`event_id`, `time`), then the declared fields in their order, each `null`
 * or text. Records are encoded in this order, so it never changes within a version.
 */
export function avroSchema(stream: Stream): AvroRecord {
  return {
    type: 'record',
    name: stream.record,
    namespace: 'gatelog',
    doc: stream.doc,
    fields: [
      {
        name: 'event_id',
        doc: 'The id of the record (UUIDv7). A record that is sent twice has the same id and is stored once.',
        type: { type: 'fixed', name: 'EventId', size: 16, logicalType: 'uuid' },
      },
      {
        name: 'time',
        doc: 'When the record was generated.',
        type: { type: 'long', logicalType: 'timestamp-micros' },
      },
      ...stream.fields.map(({ name, doc }): AvroField => ({ name, doc, type: ['null', 'string'], default: null })),
    ],
  }
}
