import type { AuthAudit } from '../../../services/emitter/index.js'
import { Attempt, applicationFor } from './attempt.js'
import { between, hex, pick, type Random } from './random.js'
import { type Person, people } from './world.js'

/** The user agent of an attacker. */
const USER_AGENT = 'python-requests/2.32.3'
const COMMON_NAMES = ['admin', 'test', 'info', 'root', 'scanner'] as const

/**
 * An attacker guesses passwords from one address, from `start` on: many attempts a minute with user names of one
 * organization, most of which do not exist. One burst in eight finds a password; it stops at the second factor or signs
 * in.
 */
export function passwordGuessing(random: Random, start: number): readonly AuthAudit[] {
  const victim = pick(random, people.filter(({ provider }) => provider === 'password') as [Person, ...Person[]])
  const sourceIp = `192.0.2.${between(random, 1, 254)}`
  const tries = between(random, 20, 60)
  const found = random() < 1 / 8 ? between(random, 1, tries) : undefined
  const records: AuthAudit[] = []
  let clock = start
  for (let count = 1; count <= tries; count++) {
    clock += between(random, 150, 900)
    const known = count === found || random() < 0.4
    const name = known ? victim.email : `${pick(random, COMMON_NAMES)}@${victim.organization.domain}`
    const attempt = new Attempt(random, clock, {
      organization: victim.organization,
      application: applicationFor(random, victim),
      sourceIp,
      userAgent: USER_AGENT,
      name,
    })
    if (known) guess(attempt, victim, count === found)
    else attempt.stage(0, 'Identify', 'Unknown user')
    records.push(...attempt.records)
    if (count === found) break
  }
  return records
}

function guess(attempt: Attempt, { userId, secondFactor }: Person, right: boolean): void {
  const who = { user_id: userId, upstream_idp: 'password' }
  attempt.stage(0, 'Identify', 'Success', { user_id: userId })
  attempt.stage(40, 'Password', right ? 'Success' : 'Wrong password', who)
  if (!right) return
  if (secondFactor) attempt.stage(60, 'Second factor', 'Challenge', who)
  else attempt.stage(60, 'Token', 'Issued', { ...who, token_id: hex(attempt.random, 24) })
}
