import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type DatabaseError, mapDatabaseErrors } from '../../clickhouse/errors.js'
import { recordsOf } from '../../clickhouse/rows.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import type { RouteParts } from '../../route_parts.js'
import type { TailOutcome } from '../events.js'
import { readTailRequest, startPosition } from '../request.js'
import type { FeedResources } from '../waiting/feed_resources.js'
import { PullStream, StalledReaderError } from './pull_stream.js'
import { type TailEnd, tailText } from './tail.js'

/** `GET /v1/<stream>/tail`: the records as they become visible, as Server-Sent Events. */
export function addTailRoute(app: FastifyInstance, stream: Stream, parts: RouteParts, feed: FeedResources): void {
  const records = recordsOf(stream)
  const failed = (error: DatabaseError): void => parts.events.databaseFailed(error, stream.name)

  // No HEAD: it would begin an answer that has no end.
  // A tail knows itself when its caller stalls, and reports that.
  const config = { scope: 'audits:read', queue: 'feed', stallMs: feed.timing.stallMs + 10_000 } as const
  const options = { exposeHeadRoute: false, config }
  app.get(`/v1/${stream.name}/tail`, options, async (request, reply) => {
    const { principal } = request
    const lastEventId = request.headers['last-event-id'] as string | undefined
    const { after, filters } = readTailRequest(stream, request.query as RequestQuery, lastEventId, {
      now: parts.now(),
      tokens: feed.tokens,
    })
    const start = startPosition(after, await mapDatabaseErrors(feed.marksPoller.marks(stream.name), failed))

    const release = feed.waitingReaders.acquire(principal)
    const events = feed.events.tailOpened(stream.name, principal)
    let outcome: TailOutcome = 'left'
    const tail = {
      openDatabase: () => parts.answerMemory.forAnswer(request.database, principal),
      tokens: feed.tokens,
      marksPoller: feed.marksPoller,
      records,
      heartbeatMs: feed.timing.heartbeatMs,
      expiresAt: principal.expiresAt ?? Number.POSITIVE_INFINITY,
      sent: events.sent,
      failed,
      ending: (reason: TailEnd) => {
        outcome = reason
      },
    }
    const body = new PullStream({
      generate: (signal) => tailText({ stream, filters, principal }, start, { ...tail, signal }),
      stallMs: feed.timing.stallMs,
    })
    body.once('error', (error) => {
      outcome = error instanceof StalledReaderError ? 'stalled' : 'failed'
    })
    body.once('close', () => {
      release()
      events.ended(outcome)
    })
    return reply
      .type('text/event-stream; charset=utf-8')
      .headers({ 'x-accel-buffering': 'no', connection: 'close' })
      .send(body)
  })
}
