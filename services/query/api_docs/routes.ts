import { createReadStream } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { assets, PAGE } from './assets.js'

/**
 * What a page of documentation needs: scripts, styles and the document of its own origin, and the small pictures that the styles hold. No
 * script stands in the page itself, and nothing comes from elsewhere or goes there.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The files change with the version of the service only. */
const CACHING = 'public, max-age=3600'

/** `GET /docs`: the OpenAPI document as a page for people, and the files that it is made of. It holds no record, so it needs no token. */
export function addReadingPage(app: FastifyInstance): void {
  app.get('/docs', (_request, reply) =>
    reply.headers({ 'content-security-policy': POLICY }).type('text/html; charset=utf-8').send(PAGE),
  )
  for (const [name, { type, content }] of assets) {
    app.get(`/docs/${name}`, (_request, reply) =>
      reply
        .headers({ 'cache-control': CACHING })
        .type(type)
        .send('text' in content ? content.text : createReadStream(content.path)),
    )
  }
}
