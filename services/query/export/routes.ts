import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type ExportFormat, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import type { Stream } from '../../../schemas/streams/index.js'
import {
  ConcurrencyLimiter,
  type ConcurrencyLimits,
  type ExceededLimit,
} from '../../runtime/auth/concurrency_limiter.js'
import { Problem } from '../../runtime/problem.js'
import { DatabaseError, problemOf } from '../clickhouse/errors.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import type { ExportDatabase } from './database.js'
import { ExportStream } from './export_stream.js'
import { organizationsQuery, readOrganizations } from './organizations.js'
import { exportQuery } from './query.js'
import type { ExportDetails, ExportOutcome } from './record.js'
import { type ExportRequest, readExportRequest } from './request.js'
import { tallyOf } from './tally.js'
import type { Trail } from './trail.js'

/** What exports are made with. */
export interface ExportParts {
  readonly database: ExportDatabase
  readonly trail: Trail
  /** How many exports run at once. */
  readonly limits: ConcurrencyLimits
  /** How long a caller may read nothing of an export, in milliseconds; somewhat less than two minutes by default. */
  readonly stallMs?: number
}

const STALL_MS = 110_000

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
  const limiter = new ConcurrencyLimiter(parts?.limits ?? {}, tooManyExports)
  const running = new Set<ExportStream>()
  // An export that is still running at the stop is broken off visibly, while it can still be recorded.
  app.addHook('preClose', async () => {
    for (const body of running) body.destroy(new DatabaseError('STORE_UNAVAILABLE', 'the service stops'))
  })

  for (const stream of streams) {
    const config = { scope: 'audits:export', stallMs: parts?.stallMs ?? STALL_MS } as const
    app.get(`/v1/${stream.name}/export`, { exposeHeadRoute: false, config }, async (request, reply) => {
      const { principal } = request
      const parameters = request.query as RequestQuery
      const wanted = readExportRequest(stream, parameters, { accept: request.headers.accept, now: now() })
      if (parts === undefined) throw exportsOff()
      const { format } = wanted
      const details = { id: randomUUID(), stream: stream.name, format, principal, parameters, sourceIp: request.ip }
      const release = limiter.acquire(principal)
      try {
        const { body, organizations } = await start(parts, stream, wanted, details, request.signal)
        // The first record does not wait for these: there may be thousands.
        const named = parts.trail.named(details, organizations)
        running.add(body)
        whenEnded(body, reply, async (outcome) => {
          running.delete(body)
          release()
          await end(parts.trail, details, { body, organizations, outcome, named })
        })
        return send(reply, body, stream, details)
      } catch (error) {
        release()
        if (!(error instanceof DatabaseError)) throw error
        events.databaseFailed(error, stream.name)
        throw problemOf(error)
      }
    })
  }

  async function end(
    trail: Trail,
    details: ExportDetails,
    { body, organizations, outcome, named }: Started & { outcome: ExportOutcome; named: Promise<boolean> },
  ): Promise<void> {
    const { errored, sent } = body
    if (outcome === 'broken' && errored instanceof DatabaseError) events.databaseFailed(errored, details.stream)
    const ended = await trail.ended(details, outcome, sent, organizations)
    const recorded = (await named) && ended
    events.exported(details, { outcome, recorded, ...sent })
  }
}

/** An export that has been recorded and can be sent. */
interface Started {
  readonly body: ExportStream
  /** The organizations that its records name. */
  readonly organizations: readonly string[]
}

/**
 * Starts an export and records that. The query starts first, because an export that the database rejects leaves no
 * record. The query of the organizations starts after it, so it finds those of all its records.
 *
 * @throws {DatabaseError}
 * @throws {Problem} when the export cannot be recorded
 */
async function start(
  { database, trail }: ExportParts,
  stream: Stream,
  wanted: ExportRequest,
  details: ExportDetails,
  signal: AbortSignal,
): Promise<Started> {
  const { principal } = details
  const query = await database.start(exportQuery(stream, wanted, principal), signal)
  const body = new ExportStream(query, tallyOf(wanted.format))
  try {
    const organizations = await readOrganizations(database, organizationsQuery(stream, wanted, principal), signal)
    await trail.begun(details)
    return { body, organizations }
  } catch (error) {
    body.destroy()
    throw error
  }
}

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
function whenEnded(body: ExportStream, { raw, request }: FastifyReply, then: (outcome: ExportOutcome) => void): void {
  let complete = false
  // A connection that is destroyed finishes, too, without the bytes that were not read.
  raw.once('finish', () => {
    complete = !request.raw.socket.destroyed && !body.errored
  })
  raw.once('close', () => {
    if (complete) return then('complete')
    const outcome = body.errored instanceof DatabaseError ? 'broken' : 'abandoned'
    body.destroy()
    then(outcome)
  })
}

function tooManyExports({ limit, value }: ExceededLimit): Problem {
  const exports = value === 1 ? 'export' : 'exports'
  const owner = limit === 'perPrincipal' ? 'You' : 'Your organization'
  const message = `${owner} may run ${value} ${exports} at once. Start another one when one has ended.`
  return new Problem(429, 'TOO_MANY_EXPORTS', message, { 'retry-after': '30' })
}

function exportsOff(): Problem {
  return new Problem(
    503,
    'EXPORTS_OFF',
    'This service has no exports: its operator has not configured a database user and Kafka for them (CLICKHOUSE_EXPORT_USER, CLICKHOUSE_EXPORT_PASSWORD, KAFKA_BROKERS).',
  )
}
