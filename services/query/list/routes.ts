import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { sendJson } from '../limits/json_answer.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import { listAnswer } from './answer.js'
import { type ListParts, pageReader } from './read_page.js'
import { readListRequest } from './request.js'

/**
 * `GET /v1/<stream>`: a page of the stream's records that match the parameters and that the caller may read, the newest
 * by default.
 */
export function addListRoute(app: FastifyInstance, stream: Stream, parts: ListParts): void {
  const readPage = pageReader(stream, parts)

  app.get(`/v1/${stream.name}`, { config: { scope: 'audits:read' } }, async (request, reply) => {
    const listRequest = readListRequest(stream, request.query as RequestQuery, parts.now())
    return sendJson(reply, listAnswer(stream, listRequest, await readPage(listRequest, request, reply)))
  })
}
