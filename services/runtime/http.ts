import { maxHeaderSize } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { z } from 'zod'
import { port } from './env.js'
import { collectMethods } from './methods.js'
import { Problem } from './problem.js'
import { describeError, type Telemetry } from './telemetry.js'

/** Where a service listens. */
export const httpConfig = {
  HOST: z.string().default('0.0.0.0').describe('The address to listen on'),
  PORT: port.describe('The port to listen on; 0 lets the system choose'),
}

export interface ServiceDescription {
  readonly telemetry: Telemetry
  /** The OpenAPI 3.1 document of the service, served at `/openapi.json`. */
  readonly openapi: object
  /** Returns what the service waits for, or undefined when it can work. An error it throws is the reason, too. */
  readonly ready: () => Promise<string | undefined> | string | undefined
  readonly options?: FastifyServerOptions
}

/**
 * The Fastify app that every HTTP service starts from: `/healthz` (the process is alive), `/readyz` (it can work),
 * `/metrics`, `/openapi.json`, and errors as `application/problem+json`. It never listens; the service's `main.ts`
 * does.
 */
export function createApp({ telemetry, openapi, ready, options = {} }: ServiceDescription): FastifyInstance {
  const app = Fastify({
    bodyLimit: 1024 * 1024,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => Problem.from(error).send(reply),
    clientErrorHandler: rejectUnreadable,
    ...options,
    logger: false,
  })

  collectMethods(app)
  app.get('/healthz', () => ({ status: 'ok' }))

  app.get('/readyz', async (_request, reply) => {
    const waitingFor = await reasonNotReady(ready)
    if (waitingFor === undefined) return { status: 'ready' }
    return reply.code(503).send({ status: 'not ready', waiting_for: waitingFor })
  })

  app.get('/metrics', async (_request, reply) =>
    reply.type(telemetry.metrics.contentType).send(await telemetry.metrics.metrics()),
  )

  app.get('/openapi.json', () => openapi)

  app.setNotFoundHandler((request, reply) => {
    const problem = new Problem(404, 'NOT_FOUND', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`)
    return problem.send(reply)
  })

  app.setErrorHandler((error, request, reply) => {
    const problem = Problem.from(error)
    if (problem.status >= 500) {
      telemetry.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'failed')
    }
    return problem.send(reply)
  })

  closeUnusedConnections(app)
  return app
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

/** Answers a request that Node could not read to its end. No route and no hook sees such a request. */
function rejectUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) socket.write(unreadableProblem(error.code).toHttpResponse())
  socket.destroy(error)
}

function unreadableProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        431,
        'HEADER_TOO_LARGE',
        `Address and header are longer than ${maxHeaderSize} bytes. Shorten them.`,
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'REQUEST_TIMEOUT', 'The request did not arrive in time. Send it again.')
    default:
      return new Problem(400, 'BAD_REQUEST', 'The request is not valid HTTP.')
  }
}

async function reasonNotReady(ready: ServiceDescription['ready']): Promise<string | undefined> {
  try {
    return await ready()
  } catch (error) {
    return describeError(error).message
  }
}
