import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ClosedError, type Emitter, InvalidRecordError, QueueFullError } from '../emitter/index.js'
import { Problem } from '../runtime/problem.js'
import { deliver, NotAcknowledgedError } from './delivery.js'
import type { Events } from './events.js'
import { fitting } from './fitting.js'
import { ShapeError, type Source, type SourceRecord } from './sources/source.js'

export interface WebhooksConfig {
  readonly emitter: Pick<Emitter, 'publish'>
  readonly events: Events
  /** How long Kafka may take to acknowledge before the sender is asked to try again, in milliseconds. */
  readonly acknowledgeTimeoutMs: number
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
}

/** What a webhook may weigh, in bytes. Keycloak's largest event, a realm with all its settings, takes some tens of thousands. */
export const MAX_WEBHOOK_BYTES = 1024 * 1024

/** When to try again, in seconds: Kafka chooses a new leader within that time. */
const RETRY_AFTER = '5'

/** `POST /v1/sources/<name>` for one source: prove the sender, read, make fit, hand to Kafka, and answer when Kafka has. */
export function acceptWebhooks(app: FastifyInstance, source: Source, config: WebhooksConfig): void {
  const { events } = config
  app.register(async (scope) => {
    // The signature is of the bytes as they came: nothing may read them before it has been checked, whatever they claim to be.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.addHook('onError', async (_request, _reply, error) => {
      if (error.statusCode === 413) events.malformed(source.name, [`larger than ${MAX_WEBHOOK_BYTES} bytes`])
    })
    scope.post(`/v1/sources/${source.name}`, { bodyLimit: MAX_WEBHOOK_BYTES }, async (request) => {
      const arrived = config.now()
      const { records, ignored } = readWebhook(source, authenticBody(source, request, events), config)
      if (records.length === 0) events.ignored(source.name, ignored)
      else {
        await deliverAll(source, records, config)
        events.accepted(source.name, records.length, (config.now() - arrived) / 1000)
      }
      return { event_ids: records.map(({ event_id }) => event_id), ignored }
    })
  })
}

function authenticBody(source: Source, request: FastifyRequest, events: Events): Buffer {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (source.authentic(request.headers, body)) return body
  events.unauthenticated(source.name, request.ip)
  throw new Problem(401, 'UNAUTHENTICATED', `The request must carry ${source.credential}; it is missing or wrong.`, {
    'www-authenticate': `Signature realm="${source.name}"`,
  })
}

function readWebhook(source: Source, body: Buffer, { events, now }: WebhooksConfig) {
  try {
    const { records, ignored } = source.read(parsed(body))
    const fitted = records.map((record) => fitting(record, now()))
    const changed = fitted.flatMap((each) => each.changed)
    if (changed.length > 0) events.shortened(source.name, changed)
    return { records: fitted.map(({ record }) => record), ignored }
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    events.malformed(source.name, error.faults)
    throw new Problem(422, error.code, `The body is not what ${source.name} sends: ${error.message}.`)
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // What the parser says quotes the body.
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
      throw new Problem(503, error.code, 'Kafka has not taken the records. Send the webhook again.', {
        'retry-after': RETRY_AFTER,
      })
    }
    throw error
  }
}
