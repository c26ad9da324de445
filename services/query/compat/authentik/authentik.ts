import type { FastifyInstance } from 'fastify'
import { Problem } from '../../../runtime/problem.js'
import { sendJsonArray } from '../../limits/json_answer.js'
import { GivenParameters, type RequestQuery } from '../../parameters/given_parameters.js'
import { asBearer, type CompatParts, type Product } from '../frame.js'
import { actionList } from './answer.js'
import { eventReader } from './read_events.js'
import type { EventStreams } from './request.js'
import { readTop, readVolume } from './statistics.js'

const PATH = '/api/v3/events/events'
const READ = { config: { scope: 'audits:read' } } as const
const COUNT = { config: { scope: 'audits:read', queue: 'counts' } } as const

/** authentik's Events API: events, and the sign-ins that are no event. */
export function authentik(streams: EventStreams): Product {
  return {
    authorizationOf: ({ headers }) => asBearer(headers.authorization, /^Token +/i),
    errorBody: ({ code, message }) => ({ detail: message, code }),
    addRoutes(app, parts) {
      addEventRoutes(app, streams, parts)
      addStatisticRoutes(app, streams, parts)
    },
  }
}

function addEventRoutes(app: FastifyInstance, streams: EventStreams, parts: CompatParts): void {
  const { list, find } = eventReader(streams, parts)

  app.get(`${PATH}/`, READ, list)

  app.get(`${PATH}/actions/`, READ, async (request, reply) => {
    rejectParameters(request.query as RequestQuery)
    return sendJsonArray(reply, actionList)
  })

  app.get(`${PATH}/:event_uuid/`, READ, async (request, reply) => {
    rejectParameters(request.query as RequestQuery)
    const { event_uuid: id } = request.params as { readonly event_uuid: string }
    const event = await find(id, request, reply)
    if (event === undefined) throw new Problem(404, 'NOT_FOUND', 'No Event matches the given query.')
    return event
  })
}

function addStatisticRoutes(app: FastifyInstance, streams: EventStreams, parts: CompatParts): void {
  app.get(`${PATH}/volume/`, COUNT, async (request, reply) =>
    sendJsonArray(reply, await readVolume(streams, request, reply, parts)),
  )

  app.get(`${PATH}/top_per_user/`, COUNT, async (request, reply) =>
    sendJsonArray(reply, await readTop(streams, request, reply, parts)),
  )
}

function rejectParameters(query: RequestQuery): void {
  new GivenParameters({ name: 'this path' }, [], query).check()
}
