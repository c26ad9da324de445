import type { OcsfMapping } from './ocsf.js'
import type { OutcomeRule } from './outcome.js'

/**
 * What a stream is. Each stream is declared once, in a file of its own beside this one; its Avro schema, its OpenAPI
 * description, its filters and the columns that the parity test expects of ClickHouse are all derived from that declaration.
 */

/** One field of a record. All are optional, and text save for lists; `event_id` and `time` are the envelope's. */
export interface Field {
  /** The name in Avro, in ClickHouse and in the API's answers. */
  readonly name: string
  /** The field's meaning; shown in the OpenAPI document and as the Avro `doc`. */
  readonly doc: string
  /**
   * `low` when a table holds few distinct values (stored as `LowCardinality(String)`), `id` when a value belongs to one occurrence and so
   * to few records, which lie close together, `high` otherwise.
   */
  readonly cardinality: 'low' | 'high' | 'id'
  /** The query parameter that filters on this field, where there is one. */
  readonly filter?: Filter
  /**
   * What the entries of the field hold, where it is a list. On the wire and in ClickHouse a list is text, in JSON: so it costs nothing
   * where there is none, and a schema stays a plain row of texts. The emitter takes and the API gives it as a list.
   */
  readonly list?: readonly ListPart[]
}

/** A part of a list's entries: optional text. */
export interface ListPart {
  readonly name: string
  readonly doc: string
}

export interface Filter {
  /** The parameter's name, where it is not the field's. */
  readonly parameter?: string
  /** How a value is held against the field: it is the whole of it (`equals`, the default) or stands in it, in either case (`contains`). */
  readonly match?: 'equals' | 'contains'
  readonly doc: string
  readonly example?: string
}

export interface Stream {
  /** The Kafka topic, the ClickHouse table and the API's path, all of one name. */
  readonly name: string
  /** The Avro record's name, in namespace `gatelog`. */
  readonly record: string
  /** The newest released version of the schema; `schemas/avro/<name>/<version>.avsc` is its frozen form. */
  readonly version: number
  readonly doc: string
  /** The Kafka key is the first of these fields that a record has, else its `event_id`. */
  readonly key: readonly string[]
  /** The fields that name an organization: a token of an organization sees the records in which one of them is its own. */
  readonly organizations: readonly string[]
  /** How to tell whether what a record tells of worked; left out where there is no telling. The first rule that fits decides. */
  readonly outcomes?: readonly OutcomeRule[]
  /** How its records are told in OCSF; left out where they are not. */
  readonly ocsf?: OcsfMapping
  readonly fields: readonly Field[]
}

/** Longest text, in UTF-8 bytes, that a field may hold. */
export const MAX_FIELD_BYTES = 8 * 1024

/** Longest encoded record, in bytes, that Gatelog carries. */
export const MAX_RECORD_BYTES = 64 * 1024

/** How far ahead of the receiving clock a record's `time` may be. */
export const MAX_AHEAD_MS = 24 * 60 * 60 * 1000

/** How long records are kept, in days: the table's TTL. A record older than this would be dropped as soon as it was stored. */
export const RETENTION_DAYS = 365

/** The topic that records which cannot be stored go to, with their reason. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dead-letters`
}

/** The query parameter that filters on `field`. */
export function parameterOf(field: Field): string {
  return field.filter?.parameter ?? field.name
}
