import type { FastifyInstance } from 'fastify'
import { MAX_STAGES, type SignInStreams } from '../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import type { Query } from '../clickhouse/query.js'
import { type ApiRecord, microsOf, recordsOf } from '../clickhouse/rows.js'
import type { RouteParts } from '../list/routes.js'
import { GivenParameters, type RequestQuery } from '../parameters/given_parameters.js'
import { type Found, signInAnswer } from './answer.js'
import { afterwardsQuery, stagesQuery } from './query.js'
import { verdictOf } from './verdict.js'

/**
 * `GET /v1/sign_ins/{trace_id}`: the stages of one sign-in, what became of it, and what its session did afterwards; of all that, what the
 * caller may read. A sign-in of which a caller may read nothing is to it one that is not there.
 */
export function addSignInRoute(app: FastifyInstance, streams: SignInStreams, parts: RouteParts): void {
  app.get('/v1/sign_ins/:trace_id', { config: { scope: 'audits:read' } }, async (request) => {
    const { principal } = request
    new GivenParameters({ name: 'sign_ins' }, [], request.query as RequestQuery).check()
    const { trace_id: traceId } = request.params as { readonly trace_id: string }
    const read = reading(parts, request.signal)

    // Empty text is that of records without a trace, which are no sign-in.
    const stages =
      traceId === ''
        ? { stream: streams.stages, records: [] }
        : await read(streams.stages, stagesQuery(streams.stages, traceId, principal))
    const [first, ...rest] = inOrder(stages.records.slice(0, MAX_STAGES))
    if (first === undefined) throw notFound()

    const verdict = verdictOf([first, ...rest])
    const session = sessionOf(verdict.end, [first, ...rest])
    const end = { stream: streams.stages, time: microsOf(verdict.end) }
    const afterwards = await Promise.all(
      session === undefined
        ? []
        : streams.sessions.map((stream) => read(stream, afterwardsQuery(stream, session, end, principal))),
    )
    for (const { stream, records } of [stages, ...afterwards]) {
      parts.events.listed(stream.name, principal, records.length)
    }
    return signInAnswer({
      traceId,
      ...(session === undefined ? {} : { session }),
      stages: [first, ...rest],
      verdict,
      read: stages,
      afterwards,
    })
  })
}

function reading({ database, events }: RouteParts, signal: AbortSignal) {
  return async (stream: Stream, query: Query): Promise<Found> => {
    const rows = await mapDatabaseErrors(database.rows(query, signal), (error) =>
      events.databaseFailed(error, stream.name),
    )
    return { stream, records: recordsOf(stream)(rows) }
  }
}

/** By time, and those of one moment by their ids as text: UUIDv7s of one emitter grow, which ClickHouse's order of UUIDs does not see. */
function inOrder(records: readonly ApiRecord[]): readonly ApiRecord[] {
  const place = ({ time, event_id }: ApiRecord) => time + event_id
  return records.toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
}

/** The session that the sign-in's last record names, else the last that any stage does. */
function sessionOf(end: ApiRecord, stages: readonly ApiRecord[]): string | undefined {
  const named = [end, ...stages.toReversed()].find(({ session }) => session !== undefined)
  return named === undefined ? undefined : String(named.session)
}

/** The same whether there is no such trace or none that the caller may read. */
function notFound(): Problem {
  return new Problem(404, 'SIGN_IN_NOT_FOUND', 'There is no sign-in of that trace_id that you may read.')
}
