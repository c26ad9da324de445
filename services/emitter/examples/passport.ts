import { randomUUID } from 'node:crypto'
import { withAttempt } from '@gatelog/emitter'
import express, { type Express, type RequestHandler } from 'express'
import { Passport } from 'passport'
import { Strategy as LocalStrategy } from 'passport-local'
import { credentialsIn, deviceOf, type SignIn, startSession } from './stages.js'
import type { User } from './users.js'

/** An Express server whose sign-in is a strategy of Passport. */
export function passportServer(signIn: SignIn): Express {
  const passport = new Passport()
  passport.use(
    new LocalStrategy({ usernameField: 'name' }, (name, password, done) => {
      signIn.users.verify(name, password).then((user) => done(null, user ?? false), done)
    }),
  )

  const app = express()
  app.use(express.json())
  app.use((_request, _response, next) => withAttempt({ trace_id: randomUUID() }, next))
  app.post('/login', audited(passport, 'local', signIn), (request, response) => {
    response.json({ session: startSession(signIn, request.user as User, request) })
  })
  return app
}

/** Authenticates by a strategy, whichever it is, and leaves a record of what it decides. */
function audited(passport: InstanceType<typeof Passport>, strategy: string, { audit }: SignIn): RequestHandler {
  return (request, response, next) => {
    const decided = (error: unknown, found: User | false | null | undefined): void => {
      const user = found || undefined
      audit.emit({
        ...deviceOf(request),
        stage: 'Login',
        event: error ? 'Server error' : user === undefined ? 'Failure' : 'Success',
        upstream_idp: strategy,
        upstream_user_id: credentialsIn(request.body).name,
        user_id: user?.id,
        org_id: user?.orgId,
      })
      if (error) next(error)
      else if (user === undefined) response.status(401).json({ error: 'wrong user name or password' })
      else {
        request.user = user
        next()
      }
    }
    passport.authenticate(strategy, decided)(request, response, next)
  }
}
