import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { sendJson } from '../limits/json_answer.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import { valuesAnswer } from './answer.js'
import { valuesQuery } from './query.js'
import { readValuesRequest } from './request.js'

/** `GET /v1/<stream>/values`: the values that a field has in the records that match and that the caller may read. */
export function addValuesRoute(app: FastifyInstance, stream: Stream, parts: RouteParts): void {
  app.get(
    `/v1/${stream.name}/values`,
    { config: { scope: 'audits:read', queue: 'counts' } },
    async (request, reply) => {
      const valuesRequest = readValuesRequest(stream, request.query as RequestQuery, parts.now())
      const database = parts.answerMemory.forRequest(request.database, request, reply)
      const found = database.rows(valuesQuery(stream, valuesRequest, request.principal), request.signal)
      const rows = await mapDatabaseErrors(found, (error) => parts.events.databaseFailed(error, stream.name))
      return sendJson(reply, valuesAnswer(valuesRequest, rows))
    },
  )
}
