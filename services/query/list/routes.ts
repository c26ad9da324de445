import type { FastifyInstance } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Database } from '../clickhouse/database.js'
import { mapDatabaseErrors } from '../clickhouse/errors.js'
import { recordsOf } from '../clickhouse/rows.js'
import type { Events } from '../events.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import { listAnswer } from './answer.js'
import type { Spacings } from './density_cache.js'
import { readPage } from './page.js'
import { readListRequest } from './request.js'
import type { Extents } from './time_extent.js'

/** What the routes are given to work with. */
export interface RouteParts {
  readonly database: Database
  readonly extents: Extents
  readonly spacings: Spacings
  readonly events: Events
  /** The present time, in microseconds since the epoch. */
  readonly now: () => bigint
}

/** `GET /v1/<stream>`: a page of the stream's records that fit the parameters and that the caller may read, the newest by default. */
export function addListRoute(app: FastifyInstance, stream: Stream, parts: RouteParts): void {
  const records = recordsOf(stream)

  app.get(`/v1/${stream.name}`, { config: { scope: 'audits:read' } }, async (request) => {
    const { principal } = request
    const asked = readListRequest(stream, request.query as RequestQuery, parts.now())
    const page = readPage(stream, asked, principal, { ...parts, signal: request.signal })
    const rows = await mapDatabaseErrors(page, (error) => parts.events.databaseFailed(error, stream.name))
    parts.events.listed(stream.name, principal, rows.length)
    return listAnswer(stream, asked, records(rows))
  })
}
