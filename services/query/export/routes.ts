import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type ExportFormat, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { DatabaseError, problemOf } from '../clickhouse/errors.js'
import { ConcurrencyLimiter, type ExceededLimit, type Release } from '../limits/concurrency_limiter.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import type { ExportDatabase } from './database.js'
import { ExportStream } from './export_stream.js'
import { exportQuery } from './query.js'
import type { ExportDetails, ExportOutcome } from './record.js'
import { readExportRequest } from './request.js'
import { tallyOf } from './tally.js'
import type { Trail } from './trail.js'

/** What exports are made with. */
export interface ExportParts {
  readonly database: ExportDatabase
  readonly trail: Trail
  /** How many exports of one principal may run at once. */
  readonly perPrincipal: number
}

/**
 * `GET /v1/<stream>/export`: all records of a stream that match the parameters and that the caller may read, as one
 * file.
 */
export function addExportRoutes(
  app: FastifyInstance,
  streams: readonly Stream[],
  { events, now }: RouteParts,
  parts: ExportParts | undefined,
): void {
  const limiter = new ConcurrencyLimiter({ perPrincipal: parts?.perPrincipal ?? 0 }, tooManyExports)
  const running = new Set<ExportStream>()
  // An export that is still running at the stop is broken off visibly, while it can still be recorded.
  app.addHook('preClose', async () => {
    for (const body of running) body.destroy(new DatabaseError('STORE_UNAVAILABLE', 'the service stops'))
  })

  for (const stream of streams) {
    const options = { exposeHeadRoute: false, config: { scope: 'audits:export' } } as const
    app.get(`/v1/${stream.name}/export`, options, async (request, reply) => {
      const { principal } = request
      const parameters = request.query as RequestQuery
      const wanted = readExportRequest(stream, parameters, { accept: request.headers.accept, now: now() })
      if (parts === undefined) throw exportsOff()
      const release = limiter.acquire(principal)
      const { format } = wanted
      const details = { id: randomUUID(), stream: stream.name, format, principal, parameters, sourceIp: request.ip }
      try {
        await parts.trail.begun(details)
        const query = await parts.database.start(exportQuery(stream, wanted, principal), request.signal)
        const body = new ExportStream(query, tallyOf(format))
        running.add(body)
        whenEnded(body, reply, (outcome) => end(parts.trail, { details, body, outcome, release }))
        return send(reply, body, stream, details)
      } catch (error) {
        release()
        throw error instanceof DatabaseError ? await failed(parts.trail, details, error) : error
      }
    })
  }

  async function end(trail: Trail, { details, body, outcome, release }: Ended): Promise<void> {
    running.delete(body)
    release()
    const { errored, sent } = body
    if (outcome === 'broken' && errored instanceof DatabaseError) events.databaseFailed(errored, details.stream)
    const recorded = await trail.ended(details, outcome, sent)
    events.exported(details, { outcome, recorded, ...sent })
  }

  async function failed(trail: Trail, details: ExportDetails, error: DatabaseError): Promise<Problem> {
    events.databaseFailed(error, details.stream)
    const outcome = error.code === 'QUERY_CANCELLED' ? 'abandoned' : 'broken'
    const recorded = await trail.ended(details, outcome, NOTHING)
    events.exported(details, { outcome, recorded, ...NOTHING })
    return problemOf(error)
  }
}

interface Ended {
  readonly details: ExportDetails
  readonly body: ExportStream
  readonly outcome: ExportOutcome
  readonly release: Release
}

const NOTHING = { records: 0, bytes: 0 }

const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'ndjson',
  csv: 'csv',
  parquet: 'parquet',
  ocsf: 'ocsf.ndjson',
}

function send(
  reply: FastifyReply,
  body: ExportStream,
  { name }: Stream,
  { id, format }: ExportDetails & { format: ExportFormat },
) {
  return reply
    .type(MEDIA_TYPES[format])
    .header('content-disposition', `attachment; filename="${name}.${EXTENSIONS[format]}"`)
    .header('gatelog-export-id', id)
    .send(body)
}

/** Calls `then` when both sides are closed. */
function whenEnded(body: ExportStream, { raw }: FastifyReply, then: (outcome: ExportOutcome) => void): void {
  raw.once('close', () => {
    if (raw.writableFinished) return then('complete')
    const outcome = body.errored instanceof DatabaseError ? 'broken' : 'abandoned'
    body.destroy()
    then(outcome)
  })
}

function tooManyExports({ value }: ExceededLimit): Problem {
  const exports = value === 1 ? 'export' : 'exports'
  const message = `You may run ${value} ${exports} at once. Start another one when one has ended.`
  return new Problem(429, 'TOO_MANY_EXPORTS', message, { 'retry-after': '30' })
}

function exportsOff(): Problem {
  return new Problem(
    503,
    'EXPORTS_OFF',
    'This service has no exports: its operator has not configured a database user and Kafka for them (CLICKHOUSE_EXPORT_USER, CLICKHOUSE_EXPORT_PASSWORD, KAFKA_BROKERS).',
  )
}
