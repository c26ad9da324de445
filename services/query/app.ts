import type { FastifyInstance, FastifyRequest } from 'fastify'
import { queryApi } from '../../schemas/derive/openapi.js'
import type { Stream } from '../../schemas/streams/index.js'
import { createApp } from '../runtime/http.js'
import { Problem } from '../runtime/problem.js'
import type { Telemetry } from '../runtime/telemetry.js'
import type { Authenticate } from './access.js'
import { allowOrigins } from './cors.js'
import { createEvents, type Events } from './events.js'
import { waitingFor } from './readiness.js'
import { addExportRoutes, type ExportParts } from './routes/export.js'
import { addListRoute } from './routes/list.js'
import type { Store } from './store.js'

export interface QueryParts {
  readonly telemetry: Telemetry
  readonly streams: readonly Stream[]
  readonly authenticate: Authenticate
  readonly store: Store
  /** Without it, exports are refused. */
  readonly exports?: ExportParts | undefined
  /** The origins whose pages may read the answers; by default, none. */
  readonly allowedOrigins?: readonly string[]
  /** The present time, in microseconds since the epoch. */
  readonly now?: () => bigint
}

/** The query service: for each stream its routes, over one store. It never listens; `main.ts` does. */
export function createQueryApp(parts: QueryParts): FastifyInstance {
  const { telemetry, streams, authenticate, store, allowedOrigins = [], now = clock } = parts
  const events = createEvents(telemetry)
  const app = createApp({ telemetry, openapi: queryApi(streams), ready: () => waitingFor(store, streams) })
  addSecurityHeaders(app)
  observe(app, events)
  allowOrigins(app, allowedOrigins)
  const routeParts = { authenticate, store, events, now }
  addExportRoutes(app, streams, routeParts, parts.exports)
  for (const stream of streams) {
    addListRoute(app, stream, routeParts)
    refuseOtherMethods(app, `/v1/${stream.name}`, ['GET', 'HEAD'])
    refuseOtherMethods(app, `/v1/${stream.name}/export`, ['GET'])
  }
  return app
}

function clock(): bigint {
  return BigInt(Date.now()) * 1_000n
}

/** Answers hold people's sign-ins: nobody stores them, frames them, guesses their type, or reads them from another site's page. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS)
  })
}

function observe(app: FastifyInstance, events: Events): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    events.answered({ method: request.method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1_000 })
  })
  app.addHook('onRequestAbort', async (request) => {
    events.abandoned({ method: request.method, route: request.routeOptions.url ?? 'none' })
  })
  app.addHook('onError', async (request, _reply, error) => {
    events.refused(Problem.from(error), request.routeOptions.url ?? 'none')
  })
}

/** Refused before a body is read. `OPTIONS` too, but for the preflight of a browser whose page may ask, which has been answered already. */
function refuseOtherMethods(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const refuse = async ({ method }: FastifyRequest) => {
    throw new Problem(405, 'METHOD_NOT_ALLOWED', `${method} is not possible here; use GET.`, {
      allow: allowed.join(', '),
    })
  }
  const others = app.supportedMethods.filter((method) => !allowed.includes(method))
  app.route({ method: others, url, onRequest: refuse, handler: refuse })
}
