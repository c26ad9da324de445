import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Authenticate, type Principal, requireScope, type Scope } from '../../runtime/auth/bearer_tokens.js'
import type { LimitRate } from '../../runtime/auth/rate_limit.js'
import type { Database } from '../clickhouse/database.js'
import type { QueryQueue } from '../limits/query_queue.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a token needs for the route. */
    readonly scope?: Scope
    /** Which of the queues the route's queries wait in; `request` by default. */
    readonly queue?: QueueName
  }
  interface FastifyRequest {
    /** The caller. Only routes of an authenticated scope have it. */
    principal: Principal
    /** The database for the caller's queries, which count toward its limits. */
    database: Database
  }
}

export interface CallerChecks {
  readonly authenticate: Authenticate
  readonly limitRate: LimitRate
  readonly database: Database
  readonly queues: Readonly<Record<QueueName, QueryQueue>>
  /** Where a request has its token, as a header `Authorization`; by default, in that header. */
  readonly authorizationOf?: (request: FastifyRequest) => string | undefined
}

/** Lists wait neither for counts, which read far more, nor for readers that follow a stream and wake together. */
export type QueueName = 'request' | 'counts' | 'feed'

/**
 * Makes every route of `app` authenticate its caller before it reads anything else of the request: it checks the token,
 * then the caller's rate, then the scope that the route declares. Call it before the first route.
 *
 * @throws {Error} at start, when a route declares no scope
 */
export function authenticateRoutes(app: FastifyInstance, checks: CallerChecks): void {
  const { authenticate, limitRate, database, queues, authorizationOf = headerOf } = checks
  app.decorateRequest('principal')
  app.decorateRequest('database')
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.scope === undefined) throw new Error(`The route ${method} ${url} declares no scope (config.scope).`)
  })
  app.addHook('onRequest', async (request) => {
    const principal = await authenticate(authorizationOf(request))
    limitRate(principal)
    const { scope, queue = 'request' } = request.routeOptions.config
    // Defined: the hook above rejects routes without it.
    requireScope(principal, scope as Scope)
    request.principal = principal
    request.database = queues[queue].databaseFor(principal, database)
  })
}

function headerOf({ headers }: FastifyRequest): string | undefined {
  return headers.authorization
}
