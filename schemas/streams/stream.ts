import type { EventKindRule } from './event_kind.js'
import type { OcsfMapping } from './ocsf.js'
import type { OutcomeRule } from './outcome.js'

/**
 * A stream is declared once, in a file of its own beside this one. Its Avro schema, its OpenAPI description, its
 * filters and the columns that the parity test expects in ClickHouse derive from that declaration.
 */

/**
 * One field of a record, optional text or a list. `event_id` and `time` are not fields: they belong to the envelope.
 */
export interface Field {
  /** The name in Avro, in ClickHouse and in the API's answers. */
  readonly name: string
  /**
   * The field's meaning: shown in the OpenAPI document, as the Avro `doc` and as the column's comment in ClickHouse.
   */
  readonly doc: string
  /**
   * `low`: a table holds few distinct values (stored as `LowCardinality(String)`). `id`: a value occurs in few records,
   * which lie close together. `high`: anything else.
   */
  readonly cardinality: 'low' | 'high' | 'id'
  /**
   * The form of the text, if it has one. `address`: an IP address. `identifier`: what identifies a person, a client or
   * a session; a placeholder such as `unknown` identifies nobody. The emitter stores both in their canonical form.
   */
  readonly form?: 'address' | 'identifier'
  /**
   * How many UTF-8 bytes of the field ingest stores, if fewer than `MAX_FIELD_BYTES`: longer text is cut after the last
   * whole character. For fields that are searched for text within text, which reads whole values.
   */
  readonly maxStoredBytes?: number
  /** The query parameter that filters on this field, if any. */
  readonly filter?: Filter
  /**
   * The parts of the entries, if the field is a list. In Kafka and in ClickHouse a list is JSON text, so an absent list
   * costs nothing and a record stays flat. The emitter accepts a list and the API returns one.
   */
  readonly list?: readonly ListPart[]
  /**
   * The bounds of the field and the filters on what is in it, if the field is a JSON object of any shape. In Kafka and
   * in ClickHouse it is JSON text. The emitter accepts an object and the API returns one.
   */
  readonly json?: JsonField
  /** What known values mean. The text is open: any other value is as valid. */
  readonly values?: Readonly<Record<string, string>>
}

/** A JSON object of any shape, within bounds. */
export interface JsonField {
  /** The maximum length of its text, in UTF-8 bytes. */
  readonly maxBytes: number
  /** How deep objects and lists may be within each other. The object itself is the first level. */
  readonly maxDepth: number
  /** How many members of objects and entries of lists it may have in all. */
  readonly maxValues: number
  /** The query parameters that filter on a value in it. */
  readonly filters: readonly PathFilter[]
}

/** A filter on the text or the number at a path of a JSON object: the value is the whole text. */
export interface PathFilter {
  readonly parameter: string
  /** The keys that lead to the value, from the outside. */
  readonly path: readonly [string, ...string[]]
  readonly doc: string
  readonly example?: string
}

/** A part of a list entry: optional text. */
export interface ListPart {
  readonly name: string
  readonly doc: string
}

export interface Filter {
  /** The parameter's name, if it differs from the field's. */
  readonly parameter?: string
  /**
   * `equals` (the default): the value is the whole text. `caseless`: the same, but case is ignored. `contains`: the
   * text contains the value; case is ignored. `address`: the value is an IP address in any form, or a range.
   */
  readonly match?: 'equals' | 'caseless' | 'contains' | 'address'
  /**
   * Whether the parameter takes a prefix, `ada*`. The table then has an index over prefixes of the column: only for
   * `caseless`.
   */
  readonly prefix?: true
  readonly doc: string
  readonly example?: string
}

export interface Stream {
  /** The name of the Kafka topic, of the ClickHouse table and of the API's path. */
  readonly name: string
  /** The Avro record's name, in namespace `gatelog`. */
  readonly record: string
  /** The newest released version of the schema; `schemas/avro/<name>/<version>.avsc` is its frozen form. */
  readonly version: number
  readonly doc: string
  /** The Kafka key is the first of these fields that is present, else the `event_id`. */
  readonly key: readonly string[]
  /**
   * The fields that name an organization. A token of an organization may read the records in which one of them names
   * it.
   */
  readonly organizations: readonly string[]
  /** What identifies the persons of a record: fields, and values within fields of JSON. For legal holds. */
  readonly persons?: readonly (string | { readonly field: string; readonly path: PathFilter['path'] })[]
  /** The rules for a record's outcome, if the stream has outcomes. The first rule that matches wins. */
  readonly outcomes?: readonly OutcomeRule[]
  /** The rules for what a record means in a log of log-ins and log-outs, if it can mean that. The first one wins. */
  readonly eventKinds?: readonly EventKindRule[]
  /** The mapping to OCSF, if there is one. */
  readonly ocsf?: OcsfMapping
  readonly fields: readonly Field[]
}

/** The maximum length of a field that is not JSON, in UTF-8 bytes. */
export const MAX_FIELD_BYTES = 8 * 1024

/** The maximum size of an encoded record, in bytes. */
export const MAX_RECORD_BYTES = 64 * 1024

/** How far a record's `time` may be ahead of the receiver's clock, in milliseconds. */
export const MAX_AHEAD_MS = 24 * 60 * 60 * 1000

/**
 * How long a record's `time` may be before the receiver's clock, in days. It bounds how many days a table has, and not
 * how long records are kept: an organization may keep more than others, and import what it has.
 */
export const MAX_AGE_DAYS = 3_660

/** How long records are kept, in days, unless an operator sets another period (services/retention). */
export const RETENTION_DAYS = 365

/** The header of a dead letter that holds the key of its record. */
export const KEY_HEADER = 'gatelog-key'

/** The dead-letter topic: records that cannot be stored, with the reason. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dead-letters`
}

/** Whether a field is plain text, and neither a list nor JSON. */
export function isText({ list, json }: Field): boolean {
  return list === undefined && json === undefined
}

/** The maximum length of a field, in UTF-8 bytes. */
export function maxBytesOf({ json }: Field): number {
  return json?.maxBytes ?? MAX_FIELD_BYTES
}

/** The query parameter that filters on `field`. */
export function parameterOf(field: Field): string {
  return field.filter?.parameter ?? field.name
}
