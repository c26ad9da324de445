import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { queryApi } from '../../schemas/derive/openapi/document.js'
import { signInStreams } from '../../schemas/derive/sign_ins.js'
import { MAX_FIELD_BYTES, type Stream } from '../../schemas/streams/index.js'
import type { Authenticate } from '../runtime/auth/bearer_tokens.js'
import type { ConcurrencyLimits } from '../runtime/auth/concurrency_limiter.js'
import { type LimitRate, UNLIMITED } from '../runtime/auth/rate_limit.js'
import { refuseOtherMethods } from '../runtime/http/methods.js'
import { createApp } from '../runtime/http.js'
import { Problem } from '../runtime/problem.js'
import type { Telemetry } from '../runtime/telemetry.js'
import { addApiDocs } from './api_docs/routes.js'
import { authenticateRoutes } from './auth/authenticated_scope.js'
import { createPositionTokens, type PositionTokens } from './changes/position_token.js'
import { addChangesRoute } from './changes/routes.js'
import { addTailRoute } from './changes/tail/routes.js'
import { createFeedResources, type FeedTiming } from './changes/waiting/feed_resources.js'
import type { Database } from './clickhouse/database.js'
import { readinessCheck } from './clickhouse/readiness.js'
import { addProduct } from './compat/frame.js'
import { type CompatOptions, compatProducts } from './compat/index.js'
import { allowOrigins } from './cors.js'
import { addCountsRoute } from './counts/routes.js'
import { createEvents, type Events } from './events.js'
import { addExportRoutes, type ExportParts } from './export/routes.js'
import { AnswerMemory } from './limits/answer_memory.js'
import { type QueryLimits, queryQueues } from './limits/query_limits.js'
import { DensityCache } from './list/density_cache.js'
import { addListRoute } from './list/routes.js'
import { TimeExtentCache } from './list/time_extent.js'
import { addSignInCountsRoute } from './sign_ins/counts/routes.js'
import { addSignInsRoute } from './sign_ins/list/routes.js'
import { addSignInRoute } from './sign_ins/one/routes.js'
import { addValuesRoute } from './values/routes.js'

export interface QueryParts {
  readonly telemetry: Telemetry
  /** See `createApp`. */
  readonly trustProxy?: readonly string[] | undefined
  readonly streams: readonly Stream[]
  readonly authenticate: Authenticate
  /** Without it, callers may ask as often as they like. */
  readonly limitRate?: LimitRate
  readonly database: Database
  /** Without it, exports are refused. */
  readonly exports?: ExportParts | undefined
  /** The origins whose pages may read the answers; none by default. */
  readonly allowedOrigins?: readonly string[]
  /** The present time, in microseconds since the epoch. */
  readonly now?: () => bigint
  /** How many readers may wait for records at once; without it, any number. */
  readonly waitingLimits?: ConcurrencyLimits
  /** How many queries may run at once; without it, any number. */
  readonly queryLimits?: QueryLimits
  readonly timing?: FeedTiming
  /** What position tokens are made with; without it, with a key of this process. */
  readonly tokens?: PositionTokens
  /** How many bytes of answers may be held at once; without it, any number. */
  readonly answerLimits?: ConcurrencyLimits
  readonly compat?: CompatOptions
}

/** The query service: routes for each stream, over one database. It never listens; `main.ts` does. */
export function createQueryApp(parts: QueryParts): FastifyInstance {
  const { telemetry, streams, authenticate, limitRate = UNLIMITED, database, allowedOrigins = [], now = clock } = parts
  const {
    waitingLimits,
    queryLimits = {},
    timing,
    tokens = createPositionTokens([randomBytes(32)]),
    answerLimits = {},
    compat = {},
  } = parts
  const events = createEvents(telemetry)
  const feed = createFeedResources({ database, telemetry, tokens, limits: waitingLimits, timing })
  const app = createApp({
    telemetry,
    trustProxy: parts.trustProxy,
    openapi: queryApi(streams),
    ready: readinessCheck(database, streams),
    options: { routerOptions: { maxParamLength: MAX_FIELD_BYTES } },
  })
  addSecurityHeaders(app)
  observe(app, events)
  allowOrigins(app, allowedOrigins)
  const checks = { authenticate, limitRate, database, queues: queryQueues(queryLimits) }
  const routeParts = { events, now, answerMemory: new AnswerMemory({ limits: answerLimits }) }
  const listParts = { ...routeParts, timeExtents: new TimeExtentCache(database), densityCache: new DensityCache() }
  app.register(async (scope) => {
    authenticateRoutes(scope, checks)
    addExportRoutes(scope, streams, routeParts, parts.exports)
    for (const stream of streams) {
      addListRoute(scope, stream, listParts)
      addCountsRoute(scope, stream, routeParts)
      addValuesRoute(scope, stream, routeParts)
      addChangesRoute(scope, stream, routeParts, feed)
      addTailRoute(scope, stream, routeParts, feed)
    }
    const signIns = signInStreams(streams)
    if (signIns !== undefined) {
      addSignInsRoute(scope, signIns, listParts)
      addSignInCountsRoute(scope, signIns, routeParts)
      addSignInRoute(scope, signIns, routeParts)
    }
  })
  for (const product of compatProducts(streams, compat)) {
    addProduct(app, product, { telemetry, checks, parts: { ...listParts, feed }, publicUrl: compat.publicUrl })
  }
  addApiDocs(app)
  refuseOtherMethods(app)
  // A stop waits for open responses, so polls and tails that wait for records end first.
  app.addHook('preClose', async () => feed.marksPoller.close())
  return app
}

function clock(): bigint {
  return BigInt(Date.now()) * 1_000n
}

/** Responses hold people's sign-ins: no cache, frame, type sniffing or page of another site may have them. */
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
