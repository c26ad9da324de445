import { type IncomingMessage, maxHeaderSize, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.js'
import { endWith } from './lingering_close.js'

/** The response to the latest request of each connection. */
const responses = new WeakMap<Socket, ServerResponse>()

/** Lets `rejectUnreadable` know the responses of an app. */
export function trackResponses(app: FastifyInstance): void {
  app.server.on('request', (request, response) => responses.set(request.socket, response))
}

/** Node answers an `Expect` that it does not know by itself, with 417 and no body. */
export function rejectExpectations(app: FastifyInstance): void {
  app.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const problem = new Problem(417, 'EXPECTATION_FAILED', 'The only expectation that is known is 100-continue.')
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json; charset=utf-8',
      connection: 'close',
    })
    response.end(JSON.stringify(problem.body()))
  })
}

/** Node answers a request without `Host` by itself, with no body, unless its option `requireHostHeader` is off. */
export function requireHost(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    // Version 1.0 has no such rule.
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return
    throw new Problem(400, 'BAD_REQUEST', 'The request has no header Host, which HTTP/1.1 requires.')
  })
}

/** Node closes the connection of a `CONNECT` without a response. */
export function refuseTunnels(app: FastifyInstance): void {
  app.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    const refusal = new Problem(405, 'METHOD_NOT_ALLOWED', 'CONNECT is not possible: this service is no proxy.', {
      allow: 'GET, HEAD, POST',
    })
    socket.on('error', () => undefined)
    endWith(refusal.toHttpResponse(), socket)
  })
}

/** Answers a request that Node could not read to its end. No route and no hook sees such a request. */
export function rejectUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  const response = responses.get(socket)
  // Text in the middle of another response would be part of its body.
  const responding = response?.headersSent === true && !response.writableFinished
  if (error.code === 'ECONNRESET' || !socket.writable || responding) socket.destroy(error)
  else endWith(unreadableProblem(error.code).toHttpResponse(), socket)
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
