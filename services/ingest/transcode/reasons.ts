/**
 * Why a record is poison: it cannot be stored, now or at any later try. A closed list, since the codes are values of a dead letter's header
 * and of a metric's label. Each is decided by the record and the time that Kafka keeps with it, and by nothing else, so that a range that
 * is replayed is split the same way.
 */
export const reasons = {
  no_value: 'The record has no value (a tombstone).',
  unknown_framing:
    'The value begins neither as an Avro single-object encoding (C3 01) nor as a Confluent one (00), or ends within that beginning.',
  unknown_fingerprint: 'The schema fingerprint is that of no released version of the stream.',
  no_registry: 'The value names a schema of a registry, and none is configured.',
  unknown_schema_id: 'The registry has no schema of that id.',
  unreadable_schema: 'The registry’s schema cannot be resolved to the stream’s.',
  unresolvable: 'The value is not of the registry’s schema that it names.',
  record_too_large: 'The datum is longer than a record may be.',
  truncated: 'The datum ends before its last field does.',
  trailing_bytes: 'Bytes follow the last field.',
  bad_varint: 'A number takes more than the 64 bits of an Avro long.',
  bad_union: 'A field’s union branch is neither null nor text.',
  bad_length: 'A text’s length is negative.',
  field_too_large: 'A text is longer than a field may be.',
  invalid_utf8: 'A text is not well-formed UTF-8.',
  bad_list: 'The text of a list is not JSON of the form that the stream declares.',
  nil_event_id: 'The event id is nil: sixteen zero bytes.',
  time_unrepresentable: 'The time is before 1970 or after what the table can sort and expire (see LATEST_TIME_MICROS).',
  time_too_early: 'The time lies further before Kafka’s timestamp than records are kept.',
  time_too_late: 'The time lies further after Kafka’s timestamp than is allowed.',
} as const

export type Reason = keyof typeof reasons

/** What is wrong with a record. `detail` says where, never what the record holds. */
export interface Fault {
  readonly reason: Reason
  readonly detail: string
}

/** The fault of which there is no more to say than its reason. */
export function plainFault(reason: Reason): Fault {
  return { reason, detail: reasons[reason] }
}
