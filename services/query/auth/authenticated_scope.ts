import type { FastifyInstance } from 'fastify'
import { type Authenticate, type Principal, requireScope, type Scope } from './bearer_tokens.js'
import type { LimitRate } from './rate_limit.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a token needs for the route. */
    readonly scope?: Scope
  }
  interface FastifyRequest {
    /** The caller. Only routes of an authenticated scope have it. */
    principal: Principal
  }
}

export interface CallerChecks {
  readonly authenticate: Authenticate
  readonly limitRate: LimitRate
}

/**
 * Makes every route of `app` authenticate its caller before it reads anything else of the request: it checks the token,
 * then the caller's rate, then the scope that the route declares. Call it before the first route.
 *
 * @throws {Error} at start, when a route declares no scope
 */
export function authenticateRoutes(app: FastifyInstance, { authenticate, limitRate }: CallerChecks): void {
  app.decorateRequest('principal')
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.scope === undefined) throw new Error(`The route ${method} ${url} declares no scope (config.scope).`)
  })
  app.addHook('onRequest', async (request) => {
    const principal = await authenticate(request.headers.authorization)
    limitRate(principal)
    // Defined: the hook above rejects routes without it.
    requireScope(principal, request.routeOptions.config.scope as Scope)
    request.principal = principal
  })
}
