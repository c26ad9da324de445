import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of each registered route, by the route's URL pattern. */
    readonly methodsByUrl: ReadonlyMap<string, ReadonlySet<string>>
  }
  interface FastifyContextConfig {
    /** Whether the route is one of those that only answer 405. */
    readonly refusesMethod?: boolean
  }
}

/** Collects the app's routes as they are registered. It goes before the first route. */
export function collectMethods(app: FastifyInstance): void {
  const methodsByUrl = new Map<string, Set<string>>()
  app.decorate('methodsByUrl', methodsByUrl)
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.refusesMethod) return
    const methods = methodsByUrl.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    methodsByUrl.set(url, methods)
  })
}

/**
 * Answers 405 `METHOD_NOT_ALLOWED` to every other method of each registered route, before the body is read. It goes
 * after the last route, and runs as a plugin: routes that earlier plugins register count too.
 */
export function refuseOtherMethods(app: FastifyInstance): void {
  app.register(async () => {
    for (const [url, methods] of app.methodsByUrl) {
      const allowed = [...methods].join(', ')
      const refuse = async ({ method }: { readonly method: string }) => {
        const use = [...methods].filter((each) => each !== 'HEAD').join(' or ')
        throw new Problem(405, 'METHOD_NOT_ALLOWED', `${method} is not possible here; use ${use}.`, { allow: allowed })
      }
      const others = app.supportedMethods.filter((method) => !methods.has(method))
      app.route({ method: others, url, config: { refusesMethod: true }, onRequest: refuse, handler: refuse })
    }
  })
}
