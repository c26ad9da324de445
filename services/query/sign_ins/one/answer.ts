import { MAX_AFTERWARDS, MAX_STAGES } from '../../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type ApiRecord, microsOf } from '../../clickhouse/rows.js'
import { encodeCursor } from '../../parameters/cursor.js'
import { milliseconds, summaryOf } from '../summary.js'
import type { Verdict } from '../verdict.js'

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
  return {
    trace_id: traceId,
    ...(session === undefined ? {} : { session }),
    ...summaryOf(verdict, stages[0]),
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

/** The address of the list of the same records after the last that the answer holds. */
function readOn({ stream, records }: Found, parameter: string, value: string, max: number): object {
  const last = records[max - 1]
  if (records.length <= max || last === undefined) return {}
  const cursor = encodeCursor('oldest first', microsOf(last), last.event_id)
  return { read_on: `/v1/${stream.name}?${new URLSearchParams({ [parameter]: value, cursor })}` }
}
