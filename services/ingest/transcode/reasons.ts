/**
 * Why a record is poison, which means that it can never be stored. The list is closed, because the codes are values of
 * a dead letter's header and of a metric's label. Each reason depends only on the record and on the timestamp that
 * Kafka keeps with it, so a replayed range yields the same poison.
 */
export const reasons = {
  no_value: 'The record has no value (a tombstone).',
  unknown_framing: 'The value has no complete Avro single-object header (C3 01) and no Confluent header (00).',
  unknown_fingerprint: 'The schema fingerprint belongs to no released version of the stream.',
  no_registry: 'The value names a schema of a registry, and no registry is configured.',
  unknown_schema_id: 'The registry has no schema with that id.',
  schema_not_avro: 'The registry’s schema is not an Avro schema.',
  unreadable_schema: 'The registry’s schema can’t be resolved to the stream’s schema.',
  unresolvable: 'The value does not match the registry schema that it names.',
  record_too_large: 'The datum is longer than the limit for a record.',
  truncated: 'The datum ends before its last field.',
  trailing_bytes: 'Bytes follow the last field.',
  bad_varint: 'A number takes more than the 64 bits of an Avro long.',
  bad_union: 'A field’s union branch is neither null nor text.',
  bad_length: 'A text’s length is negative.',
  field_too_large: 'A text is longer than the limit for a field.',
  invalid_utf8: 'A text is not well-formed UTF-8.',
  bad_list: 'The text of a list is not JSON in the form that the stream declares.',
  bad_json: 'The text of a JSON field is not a JSON object within the bounds that the stream declares.',
  nil_event_id: 'The event id is nil: sixteen zero bytes.',
  time_unrepresentable: 'The time is before 1970, or later than the table can sort (see LATEST_TIME_MICROS).',
  time_too_early: 'The time is further before Kafka’s timestamp than the limit.',
  time_too_late: 'The time is further after Kafka’s timestamp than the limit.',
} as const

export type Reason = keyof typeof reasons

/** What is wrong with a record. `detail` says where, and never quotes the record. */
export interface Fault {
  readonly reason: Reason
  readonly detail: string
}

/** A fault without further detail. */
export function plainFault(reason: Reason): Fault {
  return { reason, detail: reasons[reason] }
}
