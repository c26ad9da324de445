import { MAX_AFTERWARDS, MAX_STAGES } from '../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { type ApiRecord, microsOf } from '../clickhouse/rows.js'
import { encodeCursor } from '../parameters/cursor.js'
import type { Verdict } from './verdict.js'

/** Records of a stream. One more than an answer holds means that there are more. */
export interface Found {
  readonly stream: Stream
  readonly records: readonly ApiRecord[]
}

export interface SignIn {
  readonly traceId: string
  readonly session?: string
  /** In order. */
  readonly stages: readonly [ApiRecord, ...ApiRecord[]]
  readonly verdict: Verdict
  /** All records that were read of the trace; `stages` are those that fit into the answer. */
  readonly read: Found
  /** What the session did after the sign-in ended, by stream. */
  readonly afterwards: readonly Found[]
}

/**
 * The body of `GET /v1/sign_ins/{trace_id}`. Where there are more records than it holds, `read_on` is the address of
 * the list that continues.
 */
export function signInAnswer({ traceId, session, stages, verdict, read, afterwards }: SignIn): object {
  const { outcome, end, failedAt } = verdict
  return {
    trace_id: traceId,
    ...(session === undefined ? {} : { session }),
    outcome,
    started_at: stages[0].time,
    ended_at: end.time,
    duration_ms: milliseconds(stages[0], end),
    ...(failedAt === undefined ? {} : { failed_at: referenceTo(failedAt) }),
    stages: stages.map((record, index) => {
      const before = stages[index - 1]
      return before === undefined ? record : { ...record, ms_since_previous: milliseconds(before, record) }
    }),
    ...readOn(read, 'trace_id', traceId, MAX_STAGES),
    afterwards: Object.fromEntries(
      afterwards.map((found) => [
        found.stream.name,
        {
          records: found.records.slice(0, MAX_AFTERWARDS),
          ...(session === undefined ? {} : readOn(found, 'session_id', session, MAX_AFTERWARDS)),
        },
      ]),
    ),
  }
}

function referenceTo({ event_id, time, stage, event }: ApiRecord): object {
  return { event_id, time, ...(stage === undefined ? {} : { stage }), ...(event === undefined ? {} : { event }) }
}

/** Milliseconds from one record to a later one, with three decimals. */
function milliseconds(earlier: ApiRecord, later: ApiRecord): number {
  return Number(microsOf(later) - microsOf(earlier)) / 1_000
}

/** The address of the list of the same records after the last that the answer holds. */
function readOn({ stream, records }: Found, parameter: string, value: string, max: number): object {
  const last = records[max - 1]
  if (records.length <= max || last === undefined) return {}
  const cursor = encodeCursor('oldest first', microsOf(last), last.event_id)
  return { read_on: `/v1/${stream.name}?${new URLSearchParams({ [parameter]: value, cursor })}` }
}
