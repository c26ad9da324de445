import { type ApiRecord, microsOf } from '../clickhouse/rows.js'
import type { Verdict } from './verdict.js'

/** The outcome of a sign-in and its times, as every answer about it has them. */
export function summaryOf({ outcome, end, failedAt }: Verdict, first: ApiRecord): object {
  return {
    outcome,
    started_at: first.time,
    ended_at: end.time,
    duration_ms: milliseconds(first, end),
    ...(failedAt === undefined ? {} : { failed_at: referenceTo(failedAt) }),
  }
}

function referenceTo({ event_id, time, stage, event }: ApiRecord): object {
  return { event_id, time, ...(stage === undefined ? {} : { stage }), ...(event === undefined ? {} : { event }) }
}

/** Milliseconds from one record to a later one, with three decimals. */
export function milliseconds(earlier: ApiRecord, later: ApiRecord): number {
  return Number(microsOf(later) - microsOf(earlier)) / 1_000
}
