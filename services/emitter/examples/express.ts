import { randomUUID } from 'node:crypto'
import { withAttempt } from '@gatelog/emitter'
import express, { type Express } from 'express'
import { checkPassword, credentialsIn, type SignIn, startSession } from './stages.js'

/** An Express server that takes a user name and a password. */
export function expressServer(signIn: SignIn): Express {
  const app = express()
  app.use(express.json())

  // What a request emits has this trace, also after an await.
  app.use((_request, _response, next) => withAttempt({ trace_id: randomUUID() }, next))

  app.post('/login', async (request, response) => {
    const user = await checkPassword(signIn, credentialsIn(request.body), request)
    if (user === undefined) response.status(401).json({ error: 'wrong user name or password' })
    else response.json({ session: startSession(signIn, user, request) })
  })
  return app
}
