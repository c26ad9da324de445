import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { sendJson } from '../limits/json_answer.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import { countsAnswer, rejectTooManyIntervals } from './answer.js'
import { KnownCopies } from './copies.js'
import { fetchCounts } from './fetch_counts.js'
import { readCountsRequest } from './request.js'

/** `GET /v1/<stream>/counts`: how many records match the parameters, by fields and by time. */
export function addCountsRoute(app: FastifyInstance, stream: Stream, parts: RouteParts): void {
  const knownCopies = new KnownCopies()
  app.get(
    `/v1/${stream.name}/counts`,
    { config: { scope: 'audits:read', queue: 'counts' } },
    async (request, reply) => {
      const countsRequest = readCountsRequest(stream, request.query as RequestQuery, parts.now())
      rejectTooManyIntervals(countsRequest)
      const database = parts.answerMemory.forRequest(request.database, request, reply)
      const counts = fetchCounts(stream, countsRequest, request.principal, {
        database,
        signal: request.signal,
        knownCopies,
      })
      const rows = await mapDatabaseErrors(counts, (error) => parts.events.databaseFailed(error, stream.name))
      return sendJson(reply, countsAnswer(countsRequest, rows))
    },
  )
}
