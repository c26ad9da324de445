import type { FastifyInstance, FastifyReply } from 'fastify'
import { Problem } from '../problem.js'
import type { Telemetry } from '../telemetry.js'

/** Answers the errors of an app's routes in the form that `send` gives them, and logs failures of the service. */
export function answerErrors(
  app: FastifyInstance,
  telemetry: Telemetry,
  send: (problem: Problem, reply: FastifyReply) => FastifyReply,
): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = Problem.from(error)
    if (problem.status >= 500) {
      telemetry.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'failed')
    }
    return send(problem, reply)
  })
}
