import { randomUUID } from 'node:crypto'
import { withAttempt } from '@gatelog/emitter'
import Fastify, { type FastifyInstance } from 'fastify'
import { checkPassword, credentialsIn, type SignIn, startSession } from './stages.js'

/** A Fastify server that takes a user name and a password. */
export function fastifyServer(signIn: SignIn): FastifyInstance {
  const app = Fastify({ genReqId: () => randomUUID() })

  // What a request emits has its id as the trace, also after an await.
  app.addHook('onRequest', (request, _reply, done) => withAttempt({ trace_id: request.id }, done))

  app.post('/login', async (request, reply) => {
    const user = await checkPassword(signIn, credentialsIn(request.body), request.raw)
    if (user === undefined) return reply.code(401).send({ error: 'wrong user name or password' })
    return { session: startSession(signIn, user, request.raw) }
  })
  return app
}
