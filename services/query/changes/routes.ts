import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { recordsOf } from '../clickhouse/rows.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import { type ArrivalPage, type Reading, readPage } from './page.js'
import { encodeToken } from './position_token.js'
import type { Asked } from './query.js'
import { type ChangesRequest, readChangesRequest, startOf } from './request.js'
import type { Live } from './waiting/live.js'

/** `GET /v1/<stream>/changes`: the records in order of arrival, from where the caller has come; it may wait for the next one. */
export function addChangesRoute(app: FastifyInstance, stream: Stream, parts: RouteParts, live: Live): void {
  const records = recordsOf(stream)

  app.get(`/v1/${stream.name}/changes`, { config: { scope: 'audits:read' } }, async (request, reply) => {
    const { principal } = request
    const changes = readChangesRequest(stream, request.query as RequestQuery, parts.now())
    const asked = { stream, filters: changes.filters, principal }
    const reading = { database: parts.database, signal: request.signal }
    const page = await mapDatabaseErrors(poll(asked, changes, live, reading), (error) => {
      parts.events.databaseFailed(error, stream.name)
    })
    parts.events.listed(stream.name, principal, page.arrivals.length)
    // A connection that stays open would hold up the stop that this answer was hurried for.
    if (live.watch.closed) reply.header('connection', 'close')
    return {
      limit: changes.filters.limit,
      [stream.name]: records(page.arrivals.map(({ row }) => row)),
      next: encodeToken(stream.name, page.position),
      more: page.more,
    }
  })
}

/** The next page that has a record, or the one that there is when the time to wait has passed. */
async function poll(asked: Asked, changes: ChangesRequest, live: Live, reading: Reading): Promise<ArrivalPage> {
  const { stream, principal } = asked
  const { limit } = changes.filters
  const deadline = performance.now() + changes.waitMs
  let end = await live.watch.marks(stream.name)
  let page = await live.turns(() => readPage(asked, limit, startOf(changes.after, end), end, reading))
  if (!isWorthWaiting(page, deadline)) return page

  const leave = live.seats.take(principal.subject)
  const stopped = live.events.waiting(stream.name)
  try {
    while (isWorthWaiting(page, deadline)) {
      const { position } = page
      const wait = { timeoutMs: deadline - performance.now(), signal: reading.signal }
      const marks = await live.watch.beyond(stream.name, position, wait)
      if (marks === undefined) break
      end = marks
      page = await live.turns(() => readPage(asked, limit, position, end, reading))
    }
    return page
  } finally {
    stopped()
    leave()
  }
}

function isWorthWaiting({ arrivals, more }: ArrivalPage, deadline: number): boolean {
  return arrivals.length === 0 && !more && performance.now() < deadline
}
