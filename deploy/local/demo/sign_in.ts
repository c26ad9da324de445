import { Attempt, applicationFor } from './attempt.js'
import type { Occurrence } from './occurrence.js'
import { between, hex, pick, type Random } from './random.js'
import { work } from './work.js'
import { type Person, people } from './world.js'

const SECOND = 1000
const MINUTE = 60 * SECOND

/**
 * One person signs in at `start` (milliseconds since the epoch): the records of every stage up to the log-out, and of
 * the actions.
 */
export function signIn(random: Random, start: number): Omit<Occurrence, 'start'> {
  const person = pick(random, people)
  const mistyped = random() < 0.03
  const attempt = new Attempt(random, start, {
    organization: person.organization,
    application: applicationFor(random, person),
    sourceIp: random() < 0.7 ? person.organization.office : person.home,
    userAgent: person.userAgent,
    name: mistyped ? person.email.replace('.', '') : person.email,
  })
  if (mistyped) attempt.stage(0, 'Identify', 'Unknown user')
  else if (identified(attempt, person)) use(attempt, person)
  return attempt
}

/** Every stage until the person is authenticated. Returns whether the sign-in continues. */
function identified(attempt: Attempt, person: Person): boolean {
  attempt.stage(0, 'Identify', 'Success', { user_id: person.userId })
  const proved = person.provider === 'password' ? password(attempt, person) : federation(attempt, person)
  return proved && (!person.secondFactor || secondFactor(attempt, person)) && consent(attempt, person)
}

/** The organization's own password: most people enter it correctly, some at the second attempt, a few give up. */
function password(attempt: Attempt, person: Person): boolean {
  const { random } = attempt
  const tries = between(random, 1, 3)
  for (let count = 1; count <= tries; count++) {
    const right = random() < 0.9
    const who = { user_id: person.userId, upstream_idp: 'password' }
    attempt.stage(between(random, 3, 15) * SECOND, 'Password', right ? 'Success' : 'Wrong password', who)
    if (right) return true
  }
  return false
}

/** An identity provider: it sometimes denies the sign-in, or the person never returns from it. */
function federation(attempt: Attempt, { userId, provider }: Person): boolean {
  const { random } = attempt
  const who = { user_id: userId, upstream_idp: provider }
  attempt.stage(between(random, 200, 900), 'Federation', 'Redirect', who)
  if (random() < 0.04) return false
  const granted = random() < 0.96
  attempt.stage(between(random, 2, 20) * SECOND, 'Federation', granted ? 'Success' : 'Denied', who)
  return granted
}

function secondFactor(attempt: Attempt, { userId, provider }: Person): boolean {
  const { random } = attempt
  const who = { user_id: userId, upstream_idp: provider }
  attempt.stage(between(random, 50, 300), 'Second factor', 'Challenge', who)
  const chance = random()
  const event = chance < 0.93 ? 'Success' : chance < 0.97 ? 'Wrong code' : 'Expired'
  attempt.stage(between(random, 4, 40) * SECOND, 'Second factor', event, who)
  return event === 'Success'
}

/** Consent is needed at the first sign-in to an application. */
function consent(attempt: Attempt, { userId, provider }: Person): boolean {
  const { random } = attempt
  if (random() < 0.9) return true
  const granted = random() < 0.9
  attempt.stage(between(random, 2, 10) * SECOND, 'Consent', granted ? 'Granted' : 'Denied', {
    user_id: userId,
    upstream_idp: provider,
  })
  return granted
}

/** A session after the sign-in: a token, refreshed tokens, work with each, and sometimes a log-out. */
function use(attempt: Attempt, { userId, provider }: Person): void {
  const { random } = attempt
  const who = { user_id: userId, upstream_idp: provider }
  const token = (afterMs: number, event: string): void => {
    const token_id = hex(random, 24)
    attempt.stage(afterMs, 'Token', event, { ...who, token_id })
    work(attempt, userId, token_id)
  }
  token(between(random, 50, 400), 'Issued')
  for (let count = between(random, 0, 2); count > 0; count--) token(between(random, 60, 300) * SECOND, 'Refreshed')
  if (random() < 0.4) attempt.stage(between(random, 1, 5) * MINUTE, 'Logout', 'Success', who)
}
