import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type QueryContext, readChangesPage } from '../../changes/page.js'
import { startPosition } from '../../changes/request.js'
import type { StreamPosition } from '../../changes/stream_position.js'
import { mapDatabaseErrors } from '../../clickhouse/errors.js'
import { type ApiRecord, microsOf, recordsOf } from '../../clickhouse/rows.js'
import { pageReader } from '../../list/read_page.js'
import type { Filters } from '../../parameters/filters.js'
import type { Page } from '../../parameters/page.js'
import type { CompatParts } from '../frame.js'
import type { After } from './after.js'
import type { LogsRequest } from './request.js'

/** A page of the System Log, and where the next one begins, if there is one. */
export interface LogsPage {
  readonly records: readonly ApiRecord[]
  readonly next?: After
}

/** The size at which a page of arrivals ends before its limit, in bytes of ClickHouse's result. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024

/**
 * Reads pages of the System Log.
 *
 * A poller gets each record once, whenever it arrives. It begins with a list by time, of what arrived before its first
 * request; from there on it reads in the order of arrival, late records included. So what it reads first is found by
 * its time, and not among all that ever arrived.
 */
export function logsReader(stream: Stream, parts: CompatParts) {
  const readPage = pageReader(stream, parts)
  const recordsOfRows = recordsOf(stream)

  return async (logs: LogsRequest, request: FastifyRequest, reply: FastifyReply): Promise<LogsPage> => {
    const { after, polls, since, until, order } = logs
    const filters = { ...logs.filters, from: since }
    if (!polls) {
      const bounded = { ...filters, ...(until === undefined ? {} : { until }) }
      const { records, next } = await list(bounded, after?.is === 'page' ? after.page : { order })
      return { records, ...(next === undefined ? {} : { next: { is: 'page', page: next } }) }
    }
    if (after?.is === 'arrivals') return arrivals(after.from)
    const { start, page } = after?.is === 'history' ? after : { start: await marks(), page: { order } }
    const { records, next } = await list({ ...filters, arrivedBefore: start }, page)
    return {
      records,
      next: next === undefined ? { is: 'arrivals', from: start } : { is: 'history', start, page: next },
    }

    /** A page of the list by time. One record more says whether another page follows. */
    async function list(of: Omit<Filters, 'limit'>, page: Page) {
      const found = await readPage({ filters: { ...of, limit: logs.limit + 1 }, page }, request, reply)
      const records = found.slice(0, logs.limit)
      const last = found.length > logs.limit ? records.at(-1) : undefined
      const next: Page | undefined = last && { ...page, after: { time: microsOf(last), eventId: last.event_id } }
      return { records, next }
    }

    function marks(): Promise<StreamPosition> {
      return parts.feed.marksPoller.marks(stream.name)
    }

    async function arrivals(from: StreamPosition): Promise<LogsPage> {
      const end = await marks()
      const selection = { stream, filters: { ...logs.filters, limit: logs.limit }, principal: request.principal }
      const database = parts.answerMemory.forRequest(request.database, request, reply)
      const context: QueryContext = { database, signal: request.signal, maxBytes: MAX_PAGE_BYTES }
      const reading = readChangesPage(selection, logs.limit, startPosition(from, end), end, context)
      const { changes, position } = await mapDatabaseErrors(reading, (error) =>
        parts.events.databaseFailed(error, stream.name),
      )
      parts.events.listed(stream.name, request.principal, changes.length)
      return { records: recordsOfRows(changes.map(({ row }) => row)), next: { is: 'arrivals', from: position } }
    }
  }
}
