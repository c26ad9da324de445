import { HaltedError } from './retry.js'

/** Why a partition is halted. */
export interface Halt {
  readonly code: string
  /** Whether the worker could not even start; otherwise it could not store a range. */
  readonly atStart: boolean
  /** Whether the failure may pass: ClickHouse's error is on no list. */
  readonly unknown: boolean
}

export function haltOf(error: unknown, atStart: boolean): Halt {
  if (error instanceof HaltedError) return { code: error.code, atStart, unknown: error.unknown }
  return { code: 'INGEST_INTERNAL', atStart, unknown: false }
}

const FIRST_PAUSE_MS = 1_000

/**
 * How long the partition pauses after `halts` halts in a row, in milliseconds. A failure that may pass is retried
 * sooner, with growing pauses; the others need an operator.
 */
export function pauseAfterHalt({ unknown }: Halt, halts: number, longestMs: number): number {
  return unknown ? Math.min(longestMs, FIRST_PAUSE_MS * 2 ** (halts - 1)) : longestMs
}
