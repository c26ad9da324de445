import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ClosedError, type Emitter, InvalidRecordError, QueueFullError } from '../emitter/index.js'
import { Problem } from '../runtime/problem.js'
import { deliver, NotAcknowledgedError } from './delivery.js'
import type { Events } from './events.js'
import { enforceFieldLimits } from './field_limits.js'
import { ShapeError, type Source, type SourceRecord } from './sources/source.js'

export interface WebhooksConfig {
  readonly emitter: Pick<Emitter, 'publish'>
  readonly events: Events
  /** How long to wait for Kafka before answering 503, in milliseconds. */
  readonly acknowledgeTimeoutMs: number
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
}

/** Largest webhook, in bytes. Keycloak's largest event, a realm with all its settings, has some tens of thousands. */
export const MAX_WEBHOOK_BYTES = 1024 * 1024

/** When to retry, in seconds: Kafka elects a new leader within that time. */
const RETRY_AFTER = '5'

/**
 * `POST /v1/sources/<name>` for one source: verify the sender, read, enforce the limits, publish, and answer when Kafka
 * has acknowledged.
 */
export function acceptWebhooks(app: FastifyInstance, source: Source, config: WebhooksConfig): void {
  const { events } = config
  app.register(async (scope) => {
    // The signature covers the raw bytes: no content type may parse them before the signature is verified.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.addHook('onError', async (_request, _reply, error) => {
      if (error.statusCode === 413) events.malformed(source.name, [`larger than ${MAX_WEBHOOK_BYTES} bytes`])
    })
    scope.post(`/v1/sources/${source.name}`, { bodyLimit: MAX_WEBHOOK_BYTES }, async (request) => {
      const arrived = config.now()
      const { records, ignored } = readWebhook(source, verifiedBody(source, request, events), config)
      if (records.length === 0) events.ignored(source.name, ignored)
      else {
        await deliverAll(source, records, config)
        events.accepted(source.name, records.length, (config.now() - arrived) / 1000)
      }
      return { event_ids: records.map(({ event_id }) => event_id), ignored }
    })
  })
}

function verifiedBody(source: Source, request: FastifyRequest, events: Events): Buffer {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (source.verify(request.headers, body)) return body
  events.unauthenticated(source.name, request.ip)
  throw new Problem(401, 'UNAUTHENTICATED', `The request must carry ${source.credential}; it is missing or wrong.`, {
    'www-authenticate': `Signature realm="${source.name}"`,
  })
}

function readWebhook(source: Source, body: Buffer, { events, now }: WebhooksConfig) {
  try {
    const { records, ignored } = source.read(parsed(body))
    const limited = records.map((record) => enforceFieldLimits(record, now()))
    const changed = limited.flatMap((each) => each.changed)
    if (changed.length > 0) events.shortened(source.name, changed)
    return { records: limited.map(({ record }) => record), ignored }
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    events.malformed(source.name, error.faults)
    throw new Problem(422, error.code, `The body is not a webhook of ${source.name}: ${error.message}.`)
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // The parser's message quotes the body.
    throw new ShapeError(['it must be JSON in UTF-8'])
  }
}

async function deliverAll(
  source: Source,
  records: readonly SourceRecord[],
  { emitter, events, acknowledgeTimeoutMs }: WebhooksConfig,
): Promise<void> {
  try {
    await deliver(emitter, records, acknowledgeTimeoutMs)
  } catch (error) {
    if (error instanceof InvalidRecordError) {
      events.malformed(
        source.name,
        error.faults.map(({ field, message }) => `${field} ${message}`),
      )
      throw new Problem(422, error.code, error.message)
    }
    if (error instanceof NotAcknowledgedError || error instanceof QueueFullError || error instanceof ClosedError) {
      events.unavailable(source.name, error.code)
      throw new Problem(503, error.code, 'Kafka has not acknowledged the records. Send the webhook again.', {
        'retry-after': RETRY_AFTER,
      })
    }
    throw error
  }
}
