import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { recordsOf } from '../clickhouse/rows.js'
import { sendJson } from '../limits/json_answer.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import { type ChangesPage, type QueryContext, readChangesPage } from './page.js'
import type { Selection } from './query.js'
import { type ChangesRequest, readChangesRequest, startPosition } from './request.js'
import type { FeedResources } from './waiting/feed_resources.js'

/**
 * `GET /v1/<stream>/changes`: the records after a position, in the order of the changes. It can wait for the next
 * record.
 */
export function addChangesRoute(app: FastifyInstance, stream: Stream, parts: RouteParts, feed: FeedResources): void {
  const records = recordsOf(stream)

  app.get(`/v1/${stream.name}/changes`, { config: { scope: 'audits:read', queue: 'feed' } }, async (request, reply) => {
    const { principal } = request
    const changes = readChangesRequest(stream, request.query as RequestQuery, { now: parts.now(), tokens: feed.tokens })
    const selection = { stream, filters: changes.filters, principal }
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const context = { database, signal: request.signal, maxBytes: MAX_PAGE_BYTES }
    const page = await mapDatabaseErrors(readOrWait(selection, changes, feed, context), (error) => {
      parts.events.databaseFailed(error, stream.name)
    })
    parts.events.listed(stream.name, principal, page.changes.length)
    // The service stops: a connection that stays open would delay that.
    if (feed.marksPoller.closed) reply.header('connection', 'close')
    return sendJson(reply, {
      limit: changes.filters.limit,
      [stream.name]: records(page.changes.map(({ row }) => row)),
      next: feed.tokens.encode(stream.name, page.position),
      more: page.more,
    })
  })
}

/** The size at which a page ends before its limit, in bytes of ClickHouse's result. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024

/** Returns the first page that has a record, or the last one that it read when the time to wait is over. */
async function readOrWait(
  selection: Selection,
  changes: ChangesRequest,
  feed: FeedResources,
  context: QueryContext,
): Promise<ChangesPage> {
  const { stream, principal } = selection
  const { limit } = changes.filters
  const deadline = performance.now() + changes.waitMs
  const marks = await feed.marksPoller.marks(stream.name)
  const start = startPosition(changes.after, marks)
  let page = await readChangesPage(selection, limit, start, marks, context)
  if (!shouldWait(page, deadline)) return page

  const release = feed.waitingReaders.acquire(principal)
  const stopped = feed.events.waiting(stream.name)
  try {
    while (shouldWait(page, deadline)) {
      const { position } = page
      const options = { timeoutMs: deadline - performance.now(), signal: context.signal }
      const end = await feed.marksPoller.waitPast(stream.name, position, options)
      if (end === undefined) break
      page = await readChangesPage(selection, limit, position, end, context)
    }
    return page
  } finally {
    stopped()
    release()
  }
}

function shouldWait({ changes, more }: ChangesPage, deadline: number): boolean {
  return changes.length === 0 && !more && performance.now() < deadline
}
