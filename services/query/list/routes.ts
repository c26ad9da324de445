import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { recordsOf } from '../clickhouse/rows.js'
import { sendJson } from '../limits/json_answer.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import { listAnswer } from './answer.js'
import { fetchPage, type PageSource } from './page.js'
import { readListRequest } from './request.js'

/** What the route of a list needs besides what every route needs. */
export type ListParts = RouteParts & Pick<PageSource, 'timeExtents' | 'densityCache'>

/**
 * `GET /v1/<stream>`: a page of the stream's records that match the parameters and that the caller may read, the newest
 * by default.
 */
export function addListRoute(app: FastifyInstance, stream: Stream, parts: ListParts): void {
  const records = recordsOf(stream)

  app.get(`/v1/${stream.name}`, { config: { scope: 'audits:read' } }, async (request, reply) => {
    const { principal } = request
    const listRequest = readListRequest(stream, request.query as RequestQuery, parts.now())
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const page = fetchPage(stream, listRequest, principal, { ...parts, database, signal: request.signal })
    const rows = await mapDatabaseErrors(page, (error) => parts.events.databaseFailed(error, stream.name))
    parts.events.listed(stream.name, principal, rows.length)
    return sendJson(reply, listAnswer(stream, listRequest, records(rows)))
  })
}
