import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import type { Query } from '../../clickhouse/database.js'
import type { Reading } from '../../clickhouse/rows_once.js'
import { listQuery } from '../../list/query.js'

/**
 * The records of a trace that the principal may read, oldest first.
 */
export function stagesQuery(stream: Stream, traceId: string, principal: Principal, reading: Reading): Query {
  const fields = [{ field: 'trace_id', parameter: 'trace_id', values: [traceId] }]
  return listQuery(stream, { limit: reading.limit, fields }, principal, OLDEST_FIRST, reading)
}

/**
 * What a session did after its sign-in ended, oldest first. `end.time` is in microseconds
 * since the epoch. In the stream of the stages, records of that very time are stages and are left out; in another
 * stream they belong to the session.
 */
export function afterwardsQuery(
  stream: Stream,
  session: string,
  end: { readonly stream: Stream; readonly time: bigint },
  principal: Principal,
  reading: Reading,
): Query {
  const fields = [{ field: 'session', parameter: 'session_id', values: [session] }]
  const from = stream.name === end.stream.name ? end.time + 1n : end.time
  return listQuery(stream, { limit: reading.limit, from, fields }, principal, OLDEST_FIRST, reading)
}

const OLDEST_FIRST = { order: 'oldest first' } as const
