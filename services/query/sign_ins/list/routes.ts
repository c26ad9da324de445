import type { FastifyInstance } from 'fastify'
import type { SignInStreams } from '../../../../schemas/derive/sign_ins.js'
import { mapDatabaseErrors } from '../../clickhouse/errors.js'
import { microsOf } from '../../clickhouse/rows.js'
import { sendJson } from '../../limits/json_answer.js'
import type { ListParts } from '../../list/read_page.js'
import { encodeCursor } from '../../parameters/cursor.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import { fetchSignIns, type SignInsPage } from './page.js'
import { readSignInsRequest } from './request.js'
import { listedSignIn } from './sign_in.js'

/** `GET /v1/sign_ins`: the sign-ins that match the parameters, as far as the caller may read them, the newest first. */
export function addSignInsRoute(
  app: FastifyInstance,
  { stages: stream, ...rest }: SignInStreams,
  parts: ListParts,
): void {
  app.get('/v1/sign_ins', { config: { scope: 'audits:read' } }, async (request, reply) => {
    const signInsRequest = readSignInsRequest({ stages: stream, ...rest }, request.query as RequestQuery, parts.now())
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const source = { ...parts, database, signal: request.signal }
    const found = fetchSignIns(stream, signInsRequest, request.principal, source)
    const page = await mapDatabaseErrors(found, (error) => parts.events.databaseFailed(error, stream.name))
    parts.events.listed(stream.name, request.principal, page.signIns.length)
    return sendJson(reply, signInsAnswer(signInsRequest.limit, page))
  })
}

/** With `next_cursor` there may be more sign-ins, also where a page has fewer than `limit`. */
function signInsAnswer(limit: number, { signIns, next }: SignInsPage): object {
  return {
    limit,
    sign_ins: signIns.map(listedSignIn),
    ...(next === undefined ? {} : { next_cursor: encodeCursor('newest first', microsOf(next), next.event_id) }),
  }
}
