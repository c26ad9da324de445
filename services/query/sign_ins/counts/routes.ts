import type { FastifyInstance } from 'fastify'
import type { SignInStreams } from '../../../../schemas/derive/sign_ins.js'
import { mapDatabaseErrors } from '../../clickhouse/errors.js'
import { countsAnswer, rejectTooManyIntervals } from '../../counts/answer.js'
import { sendJson } from '../../limits/json_answer.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import type { RouteParts } from '../../route_parts.js'
import { fetchSignInCounts } from './fetch_sign_in_counts.js'
import { readSignInCountsRequest } from './request.js'

/** `GET /v1/sign_ins/counts`: how many sign-ins match the parameters, by what they have in common and by time. */
export function addSignInCountsRoute(app: FastifyInstance, streams: SignInStreams, parts: RouteParts): void {
  const stream = streams.stages
  app.get('/v1/sign_ins/counts', { config: { scope: 'audits:read', queue: 'counts' } }, async (request, reply) => {
    const countsRequest = readSignInCountsRequest(streams, request.query as RequestQuery, parts.now())
    rejectTooManyIntervals(countsRequest.counts)
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const counts = fetchSignInCounts(stream, countsRequest, request.principal, { database, signal: request.signal })
    const rows = await mapDatabaseErrors(counts, (error) => parts.events.databaseFailed(error, stream.name))
    return sendJson(reply, countsAnswer(countsRequest.counts, rows))
  })
}
