import type { ClickHouseConfig } from '../../runtime/clickhouse.js'
import type { RegistryConfig } from '../../runtime/registry.js'
import type { Failure } from '../failures.js'
import type { SharedSegments } from '../memory/segments.js'
import type { Range } from '../partition/range/range.js'
import type { SecretCounts } from '../transcode/index.js'

/** The settings of the store's thread. */
export interface StoreOptions {
  readonly clickhouse: ClickHouseConfig
  /** Timeout of an insert in milliseconds. */
  readonly requestTimeoutMs: number
  readonly registry: RegistryConfig
  /** The memory of ranges and of their columns. */
  readonly segments: SharedSegments
}

/** A range and where it comes from. */
export interface HeldRange {
  readonly stream: string
  readonly topicId: string
  readonly partition: number
  readonly range: Range
}

/** A request to the thread. `task` identifies a range from `hold` to `discard`. */
export type Request =
  | { readonly kind: 'hold'; readonly task: number; readonly held: HeldRange }
  | { readonly kind: 'transcode'; readonly task: number }
  | InsertRequest
  | { readonly kind: 'discard'; readonly task: number }

export interface InsertRequest {
  readonly kind: 'insert'
  readonly task: number
  readonly day: string
  readonly token: string
  /** The insert must not be completed after this time, in milliseconds since 1970. */
  readonly sendBy: number
}

/** A record, or a whole record batch, that can never be stored: its original bytes, and why. */
export interface DeadLetter {
  readonly offset: number
  /** The last offset of a record batch; absent for a single record. */
  readonly lastOffset?: number
  /** How many records a record batch has, as far as its header can be believed; absent for a single record. */
  readonly records?: number
  /** The record's key; absent if it has none. */
  readonly key?: Uint8Array
  readonly timestamp: number
  readonly reason: string
  readonly detail: string
  /** Null if the record has no value. */
  readonly value: Uint8Array | null
}

export interface BlockSummary {
  readonly day: string
  /** Kafka offset of its first record. */
  readonly firstOffset: number
  readonly rows: number
  readonly bytes: number
}

export interface TranscodeSummary {
  readonly days: readonly BlockSummary[]
  readonly poison: readonly DeadLetter[]
  /** Secrets in the records that were looked at. */
  readonly secrets: SecretCounts
}

/** The thread's answer to `call`. */
export type Response =
  | { readonly call: number; readonly ok: true; readonly value: TranscodeSummary | undefined }
  | { readonly call: number; readonly ok: false; readonly failure: Failure }

export interface Call {
  readonly call: number
  readonly request: Request
}
