import type { ClickHouseConfig } from '../../runtime/clickhouse.js'
import type { Failure } from '../failures.js'
import type { SharedSegments } from '../memory/segments.js'
import type { Range } from '../partition/range.js'

/** What the thread is started with. */
export interface StoreOptions {
  readonly clickhouse: ClickHouseConfig
  /** How long an insert may take, in milliseconds. */
  readonly requestTimeoutMs: number
  /** The Confluent schema registry, where one is used. */
  readonly registryUrl?: string | undefined
  /** What ranges lie in, and their columns. */
  readonly segments: SharedSegments
}

/** A range, and where it comes from. */
export interface HeldRange {
  readonly stream: string
  readonly topicId: string
  readonly partition: number
  readonly range: Range
}

/** What may be asked of the thread. `task` names a range from `hold` to `discard`. */
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
  /** The time after which it must not be sent to its end, in milliseconds since the epoch. */
  readonly sendBy: number
}

/** A record that cannot be stored: its bytes as they came, and why. */
export interface DeadLetter {
  readonly offset: number
  readonly timestamp: number
  readonly reason: string
  readonly detail: string
  /** Null where the record had no value. */
  readonly value: Uint8Array | null
}

export interface BlockSummary {
  readonly day: string
  /** Where the first of its records stood. */
  readonly firstOffset: number
  readonly rows: number
  readonly bytes: number
}

export interface TranscodeSummary {
  readonly days: readonly BlockSummary[]
  readonly poison: readonly DeadLetter[]
}

/** What the thread answers to `call`. */
export type Response =
  | { readonly call: number; readonly ok: true; readonly value: TranscodeSummary | undefined }
  | { readonly call: number; readonly ok: false; readonly failure: Failure }

export interface Call {
  readonly call: number
  readonly request: Request
}
