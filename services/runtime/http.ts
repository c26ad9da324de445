import { isIP, type Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { z } from 'zod'
import { list, port } from './env.js'
import { answerErrors } from './http/answer_errors.js'
import { lingerAfterEarlyResponses } from './http/lingering_close.js'
import { collectMethods } from './http/methods.js'
import { limitBodies } from './http/request_bodies.js'
import { closeStalledResponses } from './http/stalled_responses.js'
import {
  refuseTunnels,
  rejectExpectations,
  rejectUnreadable,
  requireHost,
  trackResponses,
} from './http/unreadable_requests.js'
import { Problem } from './problem.js'
import { describeError, type Telemetry } from './telemetry.js'

/** Proxies by address or network, and never all: a caller could then choose its own address. */
const proxies = list.refine((each) => each.every(isNetwork), {
  error: 'must be addresses or networks such as 10.0.0.0/8, separated by commas',
})

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128))
  )
}

/** Where a service listens. */
export const httpConfig = {
  HOST: z.string().default('0.0.0.0').describe('The address to listen on'),
  PORT: port.describe('The port to listen on; 0 lets the system choose'),
}

/** For services that record the address of a caller. */
export const proxyConfig = {
  TRUST_PROXY: proxies
    .optional()
    .describe(
      'Addresses or networks (CIDR) of the proxies whose `X-Forwarded-For` names the caller, separated by commas; none by default',
    ),
}

export interface ServiceDescription {
  readonly telemetry: Telemetry
  /** The OpenAPI 3.1 document of the service, served at `/openapi.json`. */
  readonly openapi: object
  /** Returns what the service waits for, or undefined when it can work. An error it throws is the reason, too. */
  readonly ready: () => Promise<string | undefined> | string | undefined
  readonly options?: FastifyServerOptions
  /** The proxies whose `X-Forwarded-For` names the caller, by address or network. */
  readonly trustProxy?: readonly string[] | undefined
  readonly limits?: HttpLimits
  /**
   * Whether a client that has closed its own side of the connection gets its answer. It looks like one that has gone,
   * so a service whose work is lost without its reader does without.
   */
  readonly answersHalfClosed?: boolean
}

/** How much time and memory callers may take. Times are in milliseconds. */
export interface HttpLimits {
  /** For the head of a request. */
  readonly headersTimeoutMs: number
  /** For a whole request; then 408 `REQUEST_TIMEOUT`. */
  readonly requestTimeoutMs: number
  /** How long a caller may read nothing of a response. A route can have its own: see `closeStalledResponses`. */
  readonly stallMs: number
  /** The bytes of all bodies that are held at once; then 503 `BUSY`. */
  readonly maxBodyBytes: number
}

const HTTP_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  // Shorter than the grace of a stop, which waits for requests that are still arriving.
  requestTimeoutMs: 20_000,
  stallMs: 30_000,
  maxBodyBytes: 16 * 1024 * 1024,
}

/** How often Node looks for requests that are too slow, in milliseconds. */
const TIMEOUT_CHECK_MS = 1_000

/**
 * The Fastify app that every HTTP service starts from: `/healthz` (the process is alive), `/readyz` (it can work),
 * `/metrics`, `/openapi.json`, and errors as `application/problem+json`. It never listens; the service's `main.ts`
 * does.
 */
export function createApp(description: ServiceDescription): FastifyInstance {
  const { telemetry, openapi, ready, options = {}, trustProxy = [], limits = HTTP_LIMITS } = description
  const app = Fastify({
    bodyLimit: 1024 * 1024,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => Problem.from(error).send(reply),
    clientErrorHandler: rejectUnreadable,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      requireHostHeader: false,
    },
    ...options,
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    logger: false,
  })

  if (description.answersHalfClosed) Object.assign(app.server, { httpAllowHalfOpen: true })
  collectMethods(app)
  trackResponses(app)
  rejectExpectations(app)
  refuseTunnels(app)
  requireHost(app)
  closeStalledResponses(app, limits.stallMs)
  limitBodies(app, { notFound, maxBytes: limits.maxBodyBytes })
  lingerAfterEarlyResponses(app)
  app.get('/healthz', () => ({ status: 'ok' }))

  app.get('/readyz', async (_request, reply) => {
    const waitingFor = await reasonNotReady(ready)
    if (waitingFor === undefined) return { status: 'ready' }
    return reply.code(503).send({ status: 'not ready', waiting_for: waitingFor })
  })

  app.get('/metrics', async (_request, reply) =>
    reply.type(telemetry.metrics.contentType).send(await telemetry.metrics.metrics()),
  )

  // All responses share these bytes.
  const document = Buffer.from(JSON.stringify(openapi))
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document))

  app.setNotFoundHandler((request, reply) => notFound(request).send(reply))

  answerErrors(app, telemetry, (problem, reply) => problem.send(reply))

  closeUnusedConnections(app)
  return app
}

function notFound({ method, url }: FastifyRequest): Problem {
  return new Problem(404, 'NOT_FOUND', `There is nothing at ${method} ${url.split('?')[0]}.`)
}

/**
 * Closes connections without a request when the app closes. Clients open connections in advance; Node would wait a
 * minute for their first request.
 */
function closeUnusedConnections(app: FastifyInstance): void {
  const unused = new Set<Socket>()
  app.server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }) => unused.delete(socket))
  app.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy()
  })
}

async function reasonNotReady(ready: ServiceDescription['ready']): Promise<string | undefined> {
  try {
    return await ready()
  } catch (error) {
    return describeError(error).message
  }
}
