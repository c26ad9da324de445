import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import type { RouteParts } from '../list/routes.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import { countsAnswer, refuseTooManyIntervals } from './answer.js'
import { countsQuery } from './query.js'
import { readCountsRequest } from './request.js'

/** `GET /v1/<stream>/counts`: how many of the records that fit the parameters there are, by fields and by time. */
export function addCountsRoute(app: FastifyInstance, stream: Stream, parts: RouteParts): void {
  app.get(`/v1/${stream.name}/counts`, { config: { scope: 'audits:read' } }, async (request) => {
    const { principal } = request
    const asked = readCountsRequest(stream, request.query as RequestQuery, parts.now())
    refuseTooManyIntervals(asked)
    const counted = parts.database.rows(countsQuery(stream, asked, principal), request.signal)
    const rows = await mapDatabaseErrors(counted, (error) => parts.events.databaseFailed(error, stream.name))
    return countsAnswer(asked, rows)
  })
}
