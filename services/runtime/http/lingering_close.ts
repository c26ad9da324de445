import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { hasBody } from './request_bodies.js'

/** What is still read of a sender after its response: enough for a body that is many times too large. */
const MAX_BYTES = 32 * 1024 * 1024
const MAX_MS = 5_000
const CHECK_MS = 50

/**
 * Lets a sender see a response that comes before all of its body has arrived, such as 413 or 401. When a connection
 * closes while data arrives, the system resets it, and a sender that is still writing loses the response.
 */
export function lingerAfterEarlyResponses(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }, reply) => {
    // It follows the last response of its connection.
    if (raw.socket.writableEnded) reply.hijack()
  })
  app.addHook('onSend', async (request, reply) => {
    const { raw } = request
    if (!hasBody(request) || raw.complete) return
    reply.header('connection', 'close')
    // Node calls this after the last response of a connection.
    raw.socket.destroySoon = () => {
      raw.socket.end()
      dropRest(raw.socket, raw.unpipe())
    }
  })
}

/** Sends the last response of a connection that Node's HTTP parser has given up, and closes it. */
export function endWith(response: string, socket: Socket): void {
  socket.end(response)
  // In place of the parser, which would find the same fault in what follows.
  socket.removeAllListeners('data').on('data', () => undefined)
  dropRest(socket, socket)
}

/**
 * Reads what the sender still sends, and drops it, until it closes too, sends too much, or takes too long (RFC 9112,
 * section 9.6).
 */
function dropRest(socket: Socket, rest: Readable): void {
  const mostBytes = socket.bytesRead + MAX_BYTES
  const end = performance.now() + MAX_MS
  const timer = setInterval(() => {
    if (socket.bytesRead > mostBytes || performance.now() > end) socket.destroy()
  }, CHECK_MS)
  socket.once('close', () => clearInterval(timer))
  rest.once('end', () => socket.destroy())
  rest.resume()
}
