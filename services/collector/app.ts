import type { FastifyInstance } from 'fastify'
import type { LimitRate } from '../runtime/auth/rate_limit.js'
import { refuseOtherMethods } from '../runtime/http/methods.js'
import { createApp, type ServiceDescription } from '../runtime/http.js'
import { createEvents } from './events.js'
import { collectorDocument } from './openapi.js'
import { createWriteEvents } from './records/events.js'
import { acceptRecords, type WritableStream } from './records/routes.js'
import type { AuthenticateWriter } from './records/writer.js'
import type { Source } from './sources/source.js'
import type { Emitters } from './webhooks/delivery.js'
import { acceptWebhooks } from './webhooks/routes.js'
import type { SetAside } from './webhooks/set_aside.js'

export interface CollectorParts extends Pick<ServiceDescription, 'telemetry' | 'ready' | 'trustProxy'> {
  readonly sources: readonly Source[]
  readonly emitters: Emitters
  readonly setAside: SetAside
  /** Who may write records, and where they go; without it, nobody may. */
  readonly records?: RecordsParts
  /** How long to wait for Kafka before answering 503, in milliseconds (default 10,000). */
  readonly acknowledgeTimeoutMs?: number
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number
}

export interface RecordsParts {
  readonly streams: readonly WritableStream[]
  readonly authenticate: AuthenticateWriter
  readonly limitRate: LimitRate
}

/** Keycloak sends on one thread per processor and waits without a timeout, so the collector has to answer. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000

/** The collector's app. It never listens; `main.ts` does. */
export function createCollector({
  telemetry,
  ready,
  trustProxy,
  sources,
  emitters,
  setAside,
  records,
  ...options
}: CollectorParts): FastifyInstance {
  const app = createApp({
    telemetry,
    ready,
    trustProxy,
    // Records are stored either way, and the sender wants to know.
    answersHalfClosed: true,
    openapi: collectorDocument(
      sources,
      records?.streams.map(({ stream }) => stream),
    ),
  })
  const events = createEvents(telemetry, sources)
  const timing = {
    acknowledgeTimeoutMs: options.acknowledgeTimeoutMs ?? ACKNOWLEDGE_TIMEOUT_MS,
    now: options.now ?? Date.now,
  }
  for (const source of sources) acceptWebhooks(app, source, { emitters, setAside, events, ...timing })
  if (records !== undefined) {
    const names = records.streams.map(({ stream }) => stream.name)
    acceptRecords(app, { ...records, events: createWriteEvents(telemetry, names), ...timing })
  }
  refuseOtherMethods(app)
  return app
}
