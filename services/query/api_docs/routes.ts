import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { PAGE, SCRIPT, SWAGGER_UI, SWAGGER_UI_FILES } from './assets.js'

/** Scripts, styles and requests of the page's own origin, and images inside the styles; nothing inline. */
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

/** The files change only with the version of the service. */
const CACHING = 'public, max-age=3600'

/** `GET /docs`: the OpenAPI document as a page, and the page's files. They hold no record, so they need no token. */
export function addApiDocs(app: FastifyInstance): void {
  app.register(fastifyStatic, { root: SWAGGER_UI, serve: false, cacheControl: false })
  app.get('/docs', (_request, reply) =>
    reply.headers({ 'content-security-policy': POLICY }).type('text/html; charset=utf-8').send(PAGE),
  )
  app.get('/docs/page.js', (_request, reply) =>
    reply.headers({ 'cache-control': CACHING }).type('text/javascript; charset=utf-8').send(SCRIPT),
  )
  for (const name of SWAGGER_UI_FILES) {
    app.get(`/docs/${name}`, (_request, reply) => reply.headers({ 'cache-control': CACHING }).sendFile(name))
  }
}
