import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ClosedError, InvalidRecordError, QueueFullError, RecordRejectedError } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'
import type { Events } from '../events.js'
import { type Reading, type RecordReading, ShapeError, type Source, STREAMS } from '../sources/source.js'
import { deliver, type Emitters, NotAcknowledgedError, publish } from './delivery.js'
import { enforceFieldLimits } from './field_limits.js'
import type { SetAside, SetAsideEvent } from './set_aside.js'

export interface WebhooksConfig {
  readonly emitters: Emitters
  readonly setAside: SetAside
  readonly events: Events
  /** How long to wait for Kafka before answering 503, in milliseconds. */
  readonly acknowledgeTimeoutMs: number
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Largest webhook, in bytes. Auth0 and Okta send batches of a few hundred events; Keycloak's largest has tens of KB.
 */
export const MAX_WEBHOOK_BYTES = 4 * 1024 * 1024

/** When to retry, in seconds: Kafka elects a new leader within that time. */
const RETRY_AFTER = '5'

/**
 * `POST /v1/sources/<name>` for one source: verify the sender, read, enforce the limits, publish, and answer when Kafka
 * has acknowledged.
 */
export function acceptWebhooks(app: FastifyInstance, source: Source, config: WebhooksConfig): void {
  const { events } = config
  const url = `/v1/sources/${source.name}`
  app.register(async (scope) => {
    // The signature covers the raw bytes: no content type may parse them before the signature is verified.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.addHook('onError', async (_request, _reply, error) => {
      const { status, code } = Problem.from(error)
      if (status === 413) events.malformed(source.name, [`larger than ${MAX_WEBHOOK_BYTES} bytes`])
      if (status === 503) events.unavailable(source.name, code)
      if (status === 500) events.failed(source.name)
    })
    scope.addHook('onRequest', async (request) => {
      if (request.method === 'POST' && source.isAuthorized?.(request.headers) === false) {
        throw unauthenticated(source, request, events)
      }
    })
    const options = { bodyLimit: MAX_WEBHOOK_BYTES, config: { signsBody: source.scheme === 'Signature' } }
    scope.post(url, options, async (request) => {
      const arrived = config.now()
      const body = await verifiedBody(source, request, events)
      const classified = classify(source, readBody(source, body, events), config)
      await deliverAll(source, classified, config)
      if (classified.records.length === 0 && classified.setAside.length === 0)
        events.ignored(source.name, classified.ignored)
      else events.accepted(source.name, { ...counts(classified), seconds: (config.now() - arrived) / 1000 })
      return {
        event_ids: eventIds(classified.records),
        ignored: classified.ignored,
        set_aside: classified.setAside.map(({ faults }) => ({ faults })),
      }
    })
    if (source.challenge !== undefined) addChallenge(scope, url, source)
  })
}

/** A provider verifies an address before it sends events; that request has no secret yet. */
function addChallenge(scope: FastifyInstance, url: string, source: Source): void {
  scope.get(url, { exposeHeadRoute: false }, async (request) => {
    const answer = source.challenge?.(request.headers)
    if (answer !== undefined) return answer
    throw new Problem(
      400,
      'CHALLENGE_MISSING',
      `A GET verifies this address; it must carry ${source.kind}'s challenge.`,
    )
  })
}

async function verifiedBody(source: Source, request: FastifyRequest, events: Events): Promise<Buffer> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (await source.verify(request.headers, body)) return body
  throw unauthenticated(source, request, events)
}

function unauthenticated(source: Source, request: FastifyRequest, events: Events): Problem {
  events.unauthenticated(source.name, request.ip)
  return new Problem(401, 'UNAUTHENTICATED', `The request must carry ${source.credential}; it is missing or wrong.`, {
    'www-authenticate': `${source.scheme} realm="${source.name}"`,
  })
}

function readBody(source: Source, body: Buffer, events: Events): readonly Reading[] {
  try {
    return source.read(body)
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw malformed(source, error.faults, events)
  }
}

function malformed(source: Source, faults: readonly string[], events: Events): Problem {
  events.malformed(source.name, faults)
  const error = new ShapeError(faults)
  return new Problem(422, error.code, `The body is not a webhook of ${source.kind}: ${error.message}.`)
}

/** The readings of a webhook by what becomes of them. */
interface Classified {
  readonly records: RecordReading[]
  readonly ignored: string[]
  readonly setAside: SetAsideEvent[]
}

function counts({ records, ignored, setAside }: Classified) {
  return { records: records.length, ignored: ignored.length, setAside: setAside.length }
}

/** The id of each event. One that is a sign-in makes two records in a row, which share it. */
function eventIds(records: readonly RecordReading[]): readonly string[] {
  const ids = records.map(({ record }) => record.event_id)
  return ids.filter(
    (id, index) => records[index]?.is !== 'event' || records[index - 1]?.is !== 'sign-in' || ids[index - 1] !== id,
  )
}

/** @throws {Problem} 422 for a fault, where the source rejects webhooks with one */
function classify(source: Source, readings: readonly Reading[], { events, now }: WebhooksConfig): Classified {
  const classified: Classified = { records: [], ignored: [], setAside: [] }

  function faulty(faults: readonly string[], event: unknown): void {
    if (source.onFault === 'reject') throw malformed(source, faults, events)
    classified.setAside.push({ faults, event })
  }

  for (const reading of readings) {
    if (reading.is === 'ignored') classified.ignored.push(reading.type)
    else if (reading.is === 'faulty') faulty(reading.faults, reading.event)
    else {
      const { record, changed, faults } = enforceFieldLimits(STREAMS[reading.is], reading.record, now())
      if (changed.length > 0) events.shortened(source.name, changed)
      if (faults.length > 0) faulty(faults, reading.record)
      else classified.records.push({ ...reading, record } as RecordReading)
    }
  }
  return classified
}

async function deliverAll(source: Source, classified: Classified, config: WebhooksConfig): Promise<void> {
  const { emitters, setAside, events } = config
  const timeoutMs = Math.min(config.acknowledgeTimeoutMs, source.answerWithinMs ?? config.acknowledgeTimeoutMs)
  try {
    await deliver(
      [
        ...classified.records.map((reading) => () => publish(emitters, reading)),
        ...(classified.setAside.length === 0 ? [] : [() => setAside.send(source, classified.setAside)]),
      ],
      timeoutMs,
    )
  } catch (error) {
    if (error instanceof InvalidRecordError) {
      const faults = error.faults.map(({ field, message }) => `${field} ${message}`)
      events.malformed(source.name, faults)
      throw new Problem(422, error.code, error.message)
    }
    if (error instanceof RecordRejectedError) {
      events.malformed(source.name, [error.message])
      throw new Problem(422, error.code, error.message)
    }
    if (error instanceof NotAcknowledgedError || error instanceof QueueFullError || error instanceof ClosedError) {
      throw new Problem(503, error.code, 'Kafka has not acknowledged the records. Send the webhook again.', {
        'retry-after': RETRY_AFTER,
      })
    }
    throw error
  }
}
