import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type DatabaseError, mapDatabaseErrors } from '../../clickhouse/errors.js'
import { recordsOf } from '../../clickhouse/rows.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import type { RouteParts } from '../../route_parts.js'
import type { TailOutcome } from '../events.js'
import { readTailRequest, startOf } from '../request.js'
import type { Live } from '../waiting/live.js'
import { StalledReaderError, SteadyStream } from './steady_stream.js'
import { type TailEnd, tailText } from './tail.js'

/** `GET /v1/<stream>/tail`: the records as they arrive, as Server-Sent Events. */
export function addTailRoute(app: FastifyInstance, stream: Stream, parts: RouteParts, live: Live): void {
  const records = recordsOf(stream)
  const failed = (error: DatabaseError): void => parts.events.databaseFailed(error, stream.name)

  // To HEAD there is nothing to say: it would be the beginning of an answer that does not end.
  const options = { exposeHeadRoute: false, config: { scope: 'audits:read' } } as const
  app.get(`/v1/${stream.name}/tail`, options, async (request, reply) => {
    const { principal } = request
    const lastEventId = request.headers['last-event-id'] as string | undefined
    const { after, filters } = readTailRequest(stream, request.query as RequestQuery, lastEventId, parts.now())
    const start = startOf(after, await mapDatabaseErrors(live.watch.marks(stream.name), failed))

    const leave = live.seats.take(principal.subject)
    const events = live.events.tailOpened(stream.name, principal)
    let outcome: TailOutcome = 'left'
    const tail = {
      database: parts.database,
      watch: live.watch,
      turns: live.turns,
      records,
      heartbeatMs: live.timing.heartbeatMs,
      expiresAt: principal.expiresAt ?? Number.POSITIVE_INFINITY,
      sent: events.sent,
      failed,
      ending: (reason: TailEnd) => {
        outcome = reason
      },
    }
    const body = new SteadyStream({
      pieces: (signal) => tailText({ stream, filters, principal }, start, { ...tail, signal }),
      stallMs: live.timing.stallMs,
    })
    body.once('error', (error) => {
      outcome = error instanceof StalledReaderError ? 'stalled' : 'failed'
    })
    body.once('close', () => {
      leave()
      events.ended(outcome)
    })
    return reply
      .type('text/event-stream; charset=utf-8')
      .headers({ 'x-accel-buffering': 'no', connection: 'close' })
      .send(body)
  })
}
