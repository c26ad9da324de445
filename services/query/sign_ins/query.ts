import { MAX_AFTERWARDS, MAX_STAGES } from '../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import { listQuery, type Query } from '../clickhouse/query.js'

/** The records of a trace that the principal may read, in order; one more than an answer may hold, to tell whether there are more. */
export function stagesQuery(stream: Stream, traceId: string, principal: Principal): Query {
  const fields = [{ field: 'trace_id', parameter: 'trace_id', values: [traceId] }]
  return listQuery(stream, { limit: MAX_STAGES + 1, fields }, principal, { order: 'oldest first' })
}

/**
 * What a session did after its sign-in's end (in microseconds since the epoch), as `stagesQuery` has it: later than that in the stream of
 * the stages, which has the stages of that very time too; from that time on in another.
 */
export function afterwardsQuery(
  stream: Stream,
  session: string,
  end: { readonly stream: Stream; readonly time: bigint },
  principal: Principal,
): Query {
  const fields = [{ field: 'session', parameter: 'session_id', values: [session] }]
  const from = stream.name === end.stream.name ? end.time + 1n : end.time
  return listQuery(stream, { limit: MAX_AFTERWARDS + 1, from, fields }, principal, { order: 'oldest first' })
}
