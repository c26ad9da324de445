import type { ByteSemaphore } from '../../memory/byte_semaphore.js'
import type { Segments } from '../../memory/segments.js'
import type { Start } from '../reconcile.js'
import type { Range } from './range.js'

export interface Limits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxWaitMs: number
}

/** A range that is ready to be stored, and the bytes in flight that it accounts for. */
export interface ReadyRange {
  readonly range: Range
  /** Whether an earlier worker began the range, and may have stored some of it. */
  readonly begunBefore: boolean
  readonly cost: number
}

export interface RangeBuilderContext {
  readonly start: Start
  readonly limits: Limits
  readonly bytesInFlight: ByteSemaphore
  readonly segments: Segments
  /** Called when a range is ready, or becomes due. */
  readonly wake: () => void
  /** Called when Kafka deleted the records from `from` up to `to`, exclusive, before they were stored. */
  readonly missing: (from: number, to: number) => void
}
