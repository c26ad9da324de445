import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { ClosedError, QueueFullError } from '../../emitter/index.js'
import type { Holding } from '../../runtime/auth/concurrency_limiter.js'
import type { LimitRate } from '../../runtime/auth/rate_limit.js'
import { hasBody, meter } from '../../runtime/http/request_bodies.js'
import { Problem } from '../../runtime/problem.js'
import { NotAcknowledgedError } from '../webhooks/delivery.js'
import { answer, countResults } from './answer.js'
import type { WriteEvents } from './events.js'
import { type BodyForm, bodyForm, bodyReader } from './formats.js'
import { heldBytesLimiter, tooManyBytes } from './limits.js'
import { type PublishOptions, publishRecords } from './publish.js'
import { tenancyCheck } from './tenancy.js'
import { MAX_BODY_BYTES, UnpackedBudget } from './unpacked_budget.js'
import { type AuthenticateWriter, requireStream, type Writer } from './writer.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The stream that the route writes. */
    readonly writes?: string
  }
  interface FastifyRequest {
    /** What is known of a request to write records before its body arrives. Only these routes have it. */
    writing: Writing
  }
}

interface Writing {
  readonly writer: Writer
  readonly form: BodyForm
  /** The bytes of the body, until the response is sent. */
  readonly held: Holding
}

/** A stream, and the emitter that its records are published with. */
export interface WritableStream {
  readonly stream: Stream
  readonly emitter: PublishOptions['emitter']
}

export interface RecordsConfig {
  readonly streams: readonly WritableStream[]
  readonly authenticate: AuthenticateWriter
  readonly limitRate: LimitRate
  readonly events: WriteEvents
  /** How long to wait for Kafka before answering 503, in milliseconds. */
  readonly acknowledgeTimeoutMs: number
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
}

/** When to send a request again, in seconds: Kafka elects a new leader within that time. */
const RETRY_AFTER = '5'

/**
 * `POST /v1/<stream>` for each stream: who calls and what comes is decided before the body is read; then read, check,
 * publish, and answer when Kafka has acknowledged.
 */
export function acceptRecords(app: FastifyInstance, config: RecordsConfig): void {
  const { authenticate, limitRate, events, now } = config
  const limiter = heldBytesLimiter()
  app.register(async (scope) => {
    scope.decorateRequest('writing')
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

    scope.addHook('onRequest', async (request, reply) => {
      const { writes } = request.routeOptions.config
      if (writes === undefined) return
      const writer = await authenticate(request.headers.authorization)
      limitRate(writer)
      requireStream(writer, writes)
      const held = limiter.hold(writer)
      reply.raw.once('close', () => held.release())
      request.writing = { writer, held, form: bodyForm(request) }
    })
    scope.addHook('preParsing', async (request, _reply, payload) => {
      if (request.writing === undefined || !hasBody(request)) return payload
      return meter(payload, (bytes) => exceeded(request.writing.held, bytes))
    })
    scope.addHook('onError', async (request, _reply, error) => {
      const { writes } = request.routeOptions.config
      if (writes !== undefined) events.rejected(writes, Problem.from(error))
    })

    for (const { stream, emitter } of config.streams) {
      const read = bodyReader(stream)
      const check = tenancyCheck(stream)
      const route = { bodyLimit: MAX_BODY_BYTES, config: { writes: stream.name } }
      scope.post(`/v1/${stream.name}`, route, async (request, reply) => {
        const arrived = now()
        const { writer, form, held } = request.writing
        const budget = new UnpackedBudget((bytes) => {
          const problem = exceeded(held, bytes)
          if (problem !== undefined) throw problem
        })
        const results = await publish(await read(bodyOf(request), form, budget), {
          emitter,
          check: (record) => check(record, writer),
          timeoutMs: config.acknowledgeTimeoutMs,
        })
        events.written(stream.name, countResults(results), (now() - arrived) / 1_000)
        return answer(reply, results)
      })
    }
  })
}

function exceeded(held: Holding, bytes: number): Problem | undefined {
  const limit = held.tryGrow(bytes)
  return limit && tooManyBytes(limit)
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

async function publish(...args: Parameters<typeof publishRecords>): ReturnType<typeof publishRecords> {
  try {
    return await publishRecords(...args)
  } catch (error) {
    if (!(error instanceof NotAcknowledgedError || error instanceof QueueFullError || error instanceof ClosedError)) {
      throw error
    }
    const message =
      'Kafka has not acknowledged all records. Send the request again: records with the same event_id and time are stored once.'
    throw new Problem(503, error.code, message, { 'retry-after': RETRY_AFTER })
  }
}
