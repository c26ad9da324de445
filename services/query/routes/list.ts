import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { type Authenticate, requireScope } from '../access.js'
import { problemOf, StoreError } from '../errors.js'
import type { Events } from '../events.js'
import { type RequestQuery, readFilters } from '../filters.js'
import { type ApiRecord, type Row, recordsOf } from '../rows.js'
import { listQuery, type Query } from '../sql.js'
import type { Store } from '../store.js'

/** What the routes are given to work with. */
export interface RouteParts {
  readonly authenticate: Authenticate
  readonly store: Store
  readonly events: Events
  /** The present time, in microseconds since the epoch. */
  readonly now: () => bigint
}

/** `GET /v1/<stream>`: the stream's newest records that fit the parameters and that the caller may read. */
export function addListRoute(app: FastifyInstance, stream: Stream, parts: RouteParts): void {
  const records = recordsOf(stream)

  app.get(`/v1/${stream.name}`, async (request: FastifyRequest) => {
    const principal = await parts.authenticate(request.headers.authorization)
    requireScope(principal, 'audits:read')
    const filters = readFilters(stream, request.query as RequestQuery, parts.now())
    const rows = await readRows(stream, listQuery(stream, filters, principal), request.signal, parts)
    parts.events.listed(stream.name, principal, rows.length)
    return answer(stream, filters.limit, records(rows))
  })
}

/** A full answer may have a next page; `agilicus-cli` takes where it begins from `page_at_id`, and gives it back as `dt_to`. */
function answer(stream: Stream, limit: number, records: readonly ApiRecord[]): object {
  const last = records.length === limit ? records.at(-1)?.time : undefined
  return { limit, [stream.name]: records, ...(last === undefined ? {} : { page_at_id: last }) }
}

async function readRows(
  stream: Stream,
  query: Query,
  signal: AbortSignal,
  { store, events }: RouteParts,
): Promise<readonly Row[]> {
  try {
    return await store.rows(query, signal)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    events.storeFailed(error, stream.name)
    throw problemOf(error)
  }
}
