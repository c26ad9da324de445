import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  authentikListParameters,
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_SIZE,
} from '../../../../schemas/derive/openapi/compat/authentik.js'
import { eventKindOf } from '../../../../schemas/derive/outcomes/event_kind.js'
import { isUuid } from '../../../../schemas/streams/uuid.js'
import { Problem } from '../../../runtime/problem.js'
import { mapDatabaseErrors } from '../../clickhouse/errors.js'
import { recordsOf } from '../../clickhouse/rows.js'
import { fetchMerged, type MergedRequest, type MergedRow, type MergedSource, placeOf } from '../../list/merged_list.js'
import type { PageSource } from '../../list/page.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import type { CompatParts } from '../frame.js'
import { pagination, signInEvent, storedEvent } from './answer.js'
import { type EventStreams, eventsRequest } from './request.js'
import { remember, type Walk, Walks } from './walks.js'

/** How many events are counted for a list. Their keys are read, so that any page of them can be had by its number. */
const MAX_COUNTED = 1_000
/** A page number beyond any that a list has. */
const MAX_PAGE = 100_000_000

export function eventReader(streams: EventStreams, parts: CompatParts) {
  const walks = new Walks()
  const recordsOfEvents = recordsOf(streams.events)
  const recordsOfSignIns = recordsOf(streams.signIns)
  const kindOf = eventKindOf(streams.signIns) ?? (() => 'other' as const)

  return { list, find }

  /**
   * A page by its number. Its place is that of the page before, if the caller has read that. Otherwise it is counted
   * from the first event, as far as events are counted.
   */
  async function list(request: FastifyRequest, reply: FastifyReply) {
    const asked = eventsRequest(streams, authentikListParameters, request.query as RequestQuery, parts.now())
    const page = asked.number('page', MAX_PAGE, 1)
    const pageSize = asked.number('page_size', MAX_PAGE_SIZE, DEFAULT_PAGE_SIZE)
    asked.check()
    const { order, sources } = asked
    const read = readerOf(request, reply)
    const { principal } = request
    const key = JSON.stringify([principal.organizations, order, pageSize, sources])
    const known_ = walks.get(principal.subject, key)
    let walk = known_?.places.has(page) === true ? known_ : undefined
    const countedPages = Math.ceil(MAX_COUNTED / pageSize)
    if (walk === undefined && page > 1) {
      if (page > countedPages) throw tooDeep(page)
      walk = await count(read, { order, sources }, pageSize)
      walks.set(principal.subject, key, walk)
      if (!walk.places.has(page)) throw new Problem(404, 'NOT_FOUND', 'Invalid page.')
    }
    const rows = await read({ order, sources, after: walk?.places.get(page), limit: pageSize + 1 })
    const shown = rows.slice(0, pageSize)
    const last = rows.length > pageSize ? shown.at(-1) : undefined
    const end = (page - 1) * pageSize + shown.length
    if (last !== undefined) {
      walk ??= await count(read, { order, sources }, pageSize)
      walks.set(principal.subject, key, walk)
      remember(walk, page + 1, placeOf(last), countedPages)
    }
    countListed(sources, shown, request)
    return {
      pagination: pagination({
        page,
        pageSize,
        shown: shown.length,
        more: last !== undefined,
        count: last === undefined ? end : Math.max(walk?.counted ?? 0, end + 1),
      }),
      results: shown.map((row) => documentOf(sources, row)),
      autocomplete: {},
    }
  }

  /** The event with an id: of `events`, or else of the sign-ins. */
  async function find(id: string, request: FastifyRequest, reply: FastifyReply): Promise<object | undefined> {
    if (!isUuid(id)) return undefined
    const read = readerOf(request, reply)
    const fields = [{ field: 'event_id', parameter: 'event_id', values: [id.toLowerCase()], match: 'id' as const }]
    for (const stream of [streams.events, streams.signIns]) {
      const sources = [{ stream, filters: { fields } }]
      const [row] = await read({ order: 'newest first', sources, limit: 1 })
      if (row === undefined) continue
      countListed(sources, [row], request)
      return documentOf(sources, row)
    }
    return undefined
  }

  type Read = (asked: MergedRequest) => Promise<readonly MergedRow[]>

  function readerOf(request: FastifyRequest, reply: FastifyReply): Read {
    const database = parts.answerMemory.forRequest(request.database, request, reply)
    const source: PageSource = { ...parts, database, signal: request.signal }
    return (asked) =>
      mapDatabaseErrors(fetchMerged(asked, request.principal, source), (error) =>
        parts.events.databaseFailed(error, streams.events.name),
      )
  }

  /** Counts the events of a list, and notes where its pages begin. */
  async function count(read: Read, list: Pick<MergedRequest, 'order' | 'sources'>, pageSize: number): Promise<Walk> {
    const keys = await read({ ...list, limit: MAX_COUNTED + 1, keysOnly: true })
    const places: Walk['places'] = new Map()
    for (let page = 2; (page - 1) * pageSize < keys.length; page += 1) {
      places.set(page, placeOf(keys[(page - 1) * pageSize - 1] as MergedRow))
    }
    return { counted: keys.length, places }
  }

  function documentOf(sources: readonly MergedSource[], { source, row }: MergedRow): object {
    if (sources[source]?.stream === streams.events) return storedEvent(recordsOfEvents([row])[0] as never)
    const [record] = recordsOfSignIns([row])
    if (record === undefined) throw new TypeError('A row makes a record.')
    return signInEvent(record, kindOf(record))
  }

  function countListed(
    sources: readonly MergedSource[],
    rows: readonly MergedRow[],
    { principal }: FastifyRequest,
  ): void {
    for (const { name } of [streams.events, streams.signIns]) {
      const count = rows.filter(({ source }) => sources[source]?.stream.name === name).length
      if (count > 0) parts.events.listed(name, principal, count)
    }
  }
}

function tooDeep(page: number): Problem {
  return new Problem(
    400,
    'INVALID_PARAMETER',
    `page: ${page} can't be found by its number: only the first ${MAX_COUNTED} events are counted. Read the page before it first, add a ` +
      'filter, or read /v1/events with its cursor.',
  )
}
