import type { FastifyInstance } from 'fastify'
import { MAX_AFTERWARDS, MAX_STAGES, type SignInStreams } from '../../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { Problem } from '../../../runtime/problem.js'
import { recordColumns } from '../../clickhouse/columns.js'
import type { Database, Query } from '../../clickhouse/database.js'
import { mapDatabaseErrors } from '../../clickhouse/errors.js'
import { microsOf, recordsOf } from '../../clickhouse/rows.js'
import { type Reading, rowsOnce } from '../../clickhouse/rows_once.js'
import { sortKeyOf } from '../../clickhouse/sort_key.js'
import { GivenParameters, type RequestQuery } from '../../parameters/given_parameters.js'
import type { RouteParts } from '../../route_parts.js'
import { inOrder, sessionOf } from '../steps.js'
import { verdictOf } from '../verdict.js'
import { type Found, signInAnswer } from './answer.js'
import { afterwardsQuery, stagesQuery } from './query.js'

/**
 * `GET /v1/sign_ins/{trace_id}`: the stages of one sign-in, its outcome, and what its session did afterwards, as far as
 * the caller may read it. A sign-in with no record that the caller may read is a 404, as one that does not exist.
 */
export function addSignInRoute(app: FastifyInstance, streams: SignInStreams, parts: RouteParts): void {
  app.get('/v1/sign_ins/:trace_id', { config: { scope: 'audits:read' } }, async (request, reply) => {
    const { principal } = request
    new GivenParameters({ name: 'sign_ins' }, [], request.query as RequestQuery).check()
    const { trace_id: traceId } = request.params as { readonly trace_id: string }
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const fetchRecords = recordsFetcher({ ...parts, database }, request.signal)

    // Empty text stands for an absent trace: records without one are not a sign-in.
    const stages =
      traceId === ''
        ? { stream: streams.stages, records: [] }
        : await fetchRecords(streams.stages, MAX_STAGES, (reading) =>
            stagesQuery(streams.stages, traceId, principal, reading),
          )
    const [first, ...rest] = inOrder(stages.records.slice(0, MAX_STAGES))
    if (first === undefined) throw notFound()

    const verdict = verdictOf([first, ...rest])
    const session = sessionOf(verdict.end, [first, ...rest])
    const end = { stream: streams.stages, time: microsOf(verdict.end) }
    const afterwards = await Promise.all(
      session === undefined
        ? []
        : streams.sessions.map((stream) =>
            fetchRecords(stream, MAX_AFTERWARDS, (reading) =>
              afterwardsQuery(stream, session, end, principal, reading),
            ),
          ),
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

function recordsFetcher({ database, events }: RouteParts & { readonly database: Database }, signal: AbortSignal) {
  /** One more than an answer may hold means that there are more. */
  return async (stream: Stream, most: number, queryOf: (reading: Reading) => Query): Promise<Found> => {
    const keyOf = sortKeyOf(stream, recordColumns(stream))
    const found = rowsOnce(most + 1, (reading) => database.rows(queryOf(reading), signal), keyOf)
    const rows = await mapDatabaseErrors(found, (error) => events.databaseFailed(error, stream.name))
    return { stream, records: recordsOf(stream)(rows) }
  }
}

/** The same for a trace that does not exist and for one that the caller may not read. */
function notFound(): Problem {
  return new Problem(404, 'SIGN_IN_NOT_FOUND', 'There is no sign-in with this trace_id that you may read.')
}
