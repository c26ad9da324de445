import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type AuthAudit, continueAttempt, type Emitter } from '@gatelog/emitter'
import type { User, Users } from './users.js'

export interface SignIn {
  readonly audit: Emitter
  readonly users: Users
}

export interface Credentials {
  readonly name: string
  readonly password: string
}

/** The user name and the password in a request's body; empty text if they are no text. */
export function credentialsIn(body: unknown): Credentials {
  const { name, password } = Object(body) as Record<string, unknown>
  return { name: typeof name === 'string' ? name : '', password: typeof password === 'string' ? password : '' }
}

/** What every record of a request says of the device that sent it. */
export function deviceOf({ headers, socket }: IncomingMessage): Pick<AuthAudit, 'source_ip' | 'user_agent'> {
  return { source_ip: socket.remoteAddress, user_agent: headers['user-agent'] }
}

/** The first stage: a user name and a password. A wrong password leaves a record, too. */
export async function checkPassword(
  { audit, users }: SignIn,
  { name, password }: Credentials,
  request: IncomingMessage,
): Promise<User | undefined> {
  const user = await users.verify(name, password)
  audit.emit({
    ...deviceOf(request),
    stage: 'Login',
    event: user === undefined ? 'Failure' : 'Success',
    upstream_user_id: name,
    user_id: user?.id,
    org_id: user?.orgId,
  })
  return user
}

/** The last stage: the session begins. Records from here on have it. */
export function startSession({ audit }: SignIn, user: User, request: IncomingMessage): string {
  const session = randomUUID()
  continueAttempt({ session })
  audit.emit({ ...deviceOf(request), stage: 'Session', event: 'Success', user_id: user.id, org_id: user.orgId })
  return session
}
