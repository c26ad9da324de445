import type { FastifyInstance } from 'fastify'

const EXPOSED = 'retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset, www-authenticate'

/**
 * Lets pages of the allowed origins, and of no other, read the answers (the CORS protocol of the Fetch standard).
 * Cookies and other credentials of the browser are never allowed: callers send a token.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  app.addHook('onRequest', async (request, reply) => {
    // A cache must not reuse the answer to one origin for another.
    reply.header('vary', 'origin')
    const { origin } = request.headers
    if (origin === undefined || !origins.includes(origin)) return
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED })
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return
    reply.headers({
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'authorization, last-event-id',
      'access-control-max-age': '600',
    })
    return reply.code(204).send()
  })
}
