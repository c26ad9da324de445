import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { type ApiRecord, recordsOf } from '../clickhouse/rows.js'
import type { RouteParts } from '../route_parts.js'
import { fetchPage, type PageSource } from './page.js'
import type { ListRequest } from './request.js'

/** What the route of a list needs besides what every route needs. */
export type ListParts = RouteParts & Pick<PageSource, 'timeExtents' | 'densityCache'>

/** Reads the pages of a stream for requests: what a caller gets is counted and logged as its reading. */
export type ReadPage = (
  listRequest: ListRequest,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<readonly ApiRecord[]>

export function pageReader(stream: Stream, parts: ListParts): ReadPage {
  const records = recordsOf(stream)
  return async (listRequest, request, reply) => {
    const { principal, signal } = request
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const page = fetchPage(stream, listRequest, principal, { ...parts, database, signal })
    const rows = await mapDatabaseErrors(page, (error) => parts.events.databaseFailed(error, stream.name))
    parts.events.listed(stream.name, principal, rows.length)
    return records(rows)
  }
}
