import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type ExportFormat, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { DatabaseError, problemOf } from '../clickhouse/errors.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { RouteParts } from '../route_parts.js'
import type { ExportDatabase } from './database.js'
import { Permits, type Release } from './permits.js'
import { exportQuery } from './query.js'
import type { Ending, Exported } from './record.js'
import { Relay } from './relay.js'
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

/** `GET /v1/<stream>/export`: all of a stream's records that fit the parameters and that the caller may read, in a format of its choice. */
export function addExportRoutes(
  app: FastifyInstance,
  streams: readonly Stream[],
  { events, now }: RouteParts,
  parts: ExportParts | undefined,
): void {
  const permits = new Permits(parts?.perPrincipal ?? 0)
  const running = new Set<Relay>()
  // What would outlast the stop is broken off, visibly, while it can still be recorded.
  app.addHook('preClose', async () => {
    for (const relay of running) relay.destroy(new DatabaseError('STORE_UNAVAILABLE', 'the service stops'))
  })

  for (const stream of streams) {
    const options = { exposeHeadRoute: false, config: { scope: 'audits:export' } } as const
    app.get(`/v1/${stream.name}/export`, options, async (request, reply) => {
      const { principal } = request
      const asked = request.query as RequestQuery
      const wanted = readExportRequest(stream, asked, { accept: request.headers.accept, now: now() })
      if (parts === undefined) throw exportsOff()
      const release = permits.take(principal.subject)
      const { format } = wanted
      const exported = { id: randomUUID(), stream: stream.name, format, principal, asked, sourceIp: request.ip }
      try {
        await parts.trail.begun(exported)
        const begun = await parts.database.begin(exportQuery(stream, wanted, principal), request.signal)
        const relay = new Relay(begun, tallyOf(format))
        running.add(relay)
        whenEnded(relay, reply, (ending) => end(parts.trail, { exported, relay, ending, release }))
        return send(reply, relay, stream, exported)
      } catch (error) {
        release()
        throw error instanceof DatabaseError ? await failed(parts.trail, exported, error) : error
      }
    })
  }

  async function end(trail: Trail, { exported, relay, ending, release }: Ended): Promise<void> {
    running.delete(relay)
    release()
    const { errored, given } = relay
    if (ending === 'broken' && errored instanceof DatabaseError) events.databaseFailed(errored, exported.stream)
    const recorded = await trail.ended(exported, ending, given)
    events.exported(exported, { ending, recorded, ...given })
  }

  async function failed(trail: Trail, exported: Exported, error: DatabaseError): Promise<Problem> {
    events.databaseFailed(error, exported.stream)
    const ending = error.code === 'QUERY_CANCELLED' ? 'abandoned' : 'broken'
    const recorded = await trail.ended(exported, ending, NOTHING)
    events.exported(exported, { ending, recorded, ...NOTHING })
    return problemOf(error)
  }
}

interface Ended {
  readonly exported: Exported
  readonly relay: Relay
  readonly ending: Ending
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
  relay: Relay,
  { name }: Stream,
  { id, format }: Exported & { format: ExportFormat },
) {
  return reply
    .type(MEDIA_TYPES[format])
    .header('content-disposition', `attachment; filename="${name}.${EXTENSIONS[format]}"`)
    .header('gatelog-export-id', id)
    .send(relay)
}

/** Says how it ended once both sides are closed: the caller has all, or we have broken off, or the caller has. */
function whenEnded(relay: Relay, { raw }: FastifyReply, then: (ending: Ending) => void): void {
  raw.once('close', () => {
    if (raw.writableFinished) return then('complete')
    const ending = relay.errored instanceof DatabaseError ? 'broken' : 'abandoned'
    relay.destroy()
    then(ending)
  })
}

function exportsOff(): Problem {
  return new Problem(
    503,
    'EXPORTS_OFF',
    'This service gives no exports out: its operator has set no database user for them, and no Kafka to record them in (CLICKHOUSE_EXPORT_USER, CLICKHOUSE_EXPORT_PASSWORD, KAFKA_BROKERS).',
  )
}
