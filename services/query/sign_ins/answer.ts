import { MAX_AFTERWARDS, MAX_STAGES } from '../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { type ApiRecord, microsOf } from '../clickhouse/rows.js'
import { encodeCursor } from '../parameters/cursor.js'
import type { Verdict } from './verdict.js'

/** Records of a stream, of which the last may only say that there are more than an answer holds. */
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
  /** What was read of the trace, of which the stages are the part that the answer holds. */
  readonly read: Found
  /** What the session did after the sign-in's end, by stream. */
  readonly afterwards: readonly Found[]
}

/** What `GET /v1/sign_ins/{trace_id}` answers. Where there is more than it holds, `read_on` says where the list goes on. */
export function signInAnswer({ traceId, session, stages, verdict, read, afterwards }: SignIn): object {
  const { outcome, end, failedAt } = verdict
  return {
    trace_id: traceId,
    ...(session === undefined ? {} : { session }),
    outcome,
    started_at: stages[0].time,
    ended_at: end.time,
    duration_ms: milliseconds(stages[0], end),
    ...(failedAt === undefined ? {} : { failed_at: placeOf(failedAt) }),
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

function placeOf({ event_id, time, stage, event }: ApiRecord): object {
  return { event_id, time, ...(stage === undefined ? {} : { stage }), ...(event === undefined ? {} : { event }) }
}

/** In thousandths of a second, to the microsecond. */
function milliseconds(earlier: ApiRecord, later: ApiRecord): number {
  return Number(microsOf(later) - microsOf(earlier)) / 1_000
}

/** Where the list of the same records goes on after the last that the answer holds. */
function readOn({ stream, records }: Found, parameter: string, value: string, most: number): object {
  const last = records[most - 1]
  if (records.length <= most || last === undefined) return {}
  const cursor = encodeCursor('oldest first', microsOf(last), last.event_id)
  return { read_on: `/v1/${stream.name}?${new URLSearchParams({ [parameter]: value, cursor })}` }
}
