import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answerErrors } from '../../runtime/http/answer_errors.js'
import type { Problem } from '../../runtime/problem.js'
import type { Telemetry } from '../../runtime/telemetry.js'
import { authenticateRoutes, type CallerChecks } from '../auth/authenticated_scope.js'
import type { FeedResources } from '../changes/waiting/feed_resources.js'
import type { ListParts } from '../list/read_page.js'

/** A product whose read API is served, too. */
export interface Product {
  /**
   * The request's token as a header `Authorization` of ours, wherever the product's programs put it; undefined where
   * there is none.
   */
  authorizationOf(request: FastifyRequest): string | undefined
  /** The body of an error as the product has it. */
  errorBody(problem: Problem): object
  /** Headers that the product's errors have besides ours. */
  errorHeaders?(problem: Problem): Readonly<Record<string, string>>
  addRoutes(app: FastifyInstance, parts: CompatParts): void
}

/** What the routes of a product need. */
export interface CompatParts extends ListParts {
  /** The address under which a caller reached the service, without a path: links in answers begin with it. */
  readonly baseOf: (request: FastifyRequest) => string
  /** What readers need that follow a stream. */
  readonly feed: Pick<FeedResources, 'marksPoller' | 'tokens'>
}

export interface Frame {
  readonly telemetry: Telemetry
  readonly checks: CallerChecks
  readonly parts: ListParts & Pick<CompatParts, 'feed'>
  /** The address for links, where the service can't know it from requests. */
  readonly publicUrl?: string | undefined
}

/**
 * Serves a product's API in a scope of its own. Who calls, how often, what may be read, how much at once, and what is
 * counted and logged are the same as for our own routes; only the form of tokens and errors differs.
 */
export function addProduct(app: FastifyInstance, product: Product, frame: Frame): void {
  const { telemetry, checks, parts, publicUrl } = frame
  app.register(async (scope) => {
    authenticateRoutes(scope, { ...checks, authorizationOf: product.authorizationOf })
    answerErrors(scope, telemetry, (problem, reply) => sendError(reply, problem, product))
    product.addRoutes(scope, { ...parts, baseOf: (request) => publicUrl ?? askedBase(request) })
  })
}

function sendError(reply: FastifyReply, problem: Problem, product: Product): FastifyReply {
  return reply
    .code(problem.status)
    .headers({ ...problem.headers, ...product.errorHeaders?.(problem) })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(product.errorBody(problem)))
}

/** `request.protocol` and `request.host` follow `X-Forwarded-Proto` and `X-Forwarded-Host` of trusted proxies. */
function askedBase({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${HOST.test(host) ? host : 'localhost'}`
}

/** A name or an address, and a port. A header may have any text, which must not get into a link. */
const HOST = /^[\w.:[\]%-]+$/

/** A header `Authorization` with a scheme of the product's, as a header of ours. Others stay as they are. */
export function asBearer(authorization: string | undefined, scheme: RegExp): string | undefined {
  return authorization?.replace(scheme, 'Bearer ')
}
