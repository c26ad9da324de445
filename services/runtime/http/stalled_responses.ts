import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * How long a caller may read nothing of this route's response, in milliseconds, instead of the service's default.
     */
    readonly stallMs?: number
  }
}

/** What is known of a connection. */
interface Progress {
  /** Bytes that have left the process. */
  sent: number
  /** When `sent` last grew or nothing was left to send, in milliseconds. */
  at: number
  stallMs: number
}

/** How often the connections are checked, in milliseconds. */
const CHECK_MS = 1_000

/**
 * Closes connections whose callers do not read. A response that is not read stays in memory, and Node's own timeouts
 * end no connection on which the caller still sends something.
 *
 * @param stallMs how long a caller may read nothing of a response, in milliseconds
 */
export function closeStalledResponses(app: FastifyInstance, stallMs: number): void {
  const connections = new Map<Socket, Progress>()
  app.server.on('connection', (socket) => {
    connections.set(socket, { sent: 0, at: performance.now(), stallMs })
    socket.once('close', () => connections.delete(socket))
  })
  app.addHook('onRequest', async (request) => {
    const progress = connections.get(request.socket)
    if (progress !== undefined) progress.stallMs = request.routeOptions.config?.stallMs ?? stallMs
  })
  const timer = setInterval(() => {
    const now = performance.now()
    for (const [socket, progress] of connections) {
      const sent = socket.bytesWritten - socket.writableLength
      if (socket.writableLength === 0 || sent > progress.sent) Object.assign(progress, { sent, at: now })
      else if (now - progress.at >= progress.stallMs) socket.destroy()
    }
  }, CHECK_MS)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
