import type { EventKindRule } from './event_kind.js'

/** How stages, events and their names say that somebody logs out. */
export const LOG_OUT: readonly string[] = [
  ...['logout', 'log out', 'logoff', 'log off', 'signout', 'sign out', 'logged out', 'logged off', 'signed out'],
  ...['* logout', '* log out', '* sign out', '* logged out', '* signed out', 'logout *', 'log out *', 'sign out *'],
  ...['*session.end', 'session end', 'session ended'],
]

/** Auth0's codes of log-outs. */
const LOG_OUT_CODES = ['slo', 'flo']

/** The kinds of the records of sign-ins. `docs/compat/README.md` lists the rules. */
export const authAuditsEventKinds: readonly EventKindRule[] = [
  { kind: 'logout', when: { stage: LOG_OUT } },
  { kind: 'logout', when: { event: [...LOG_OUT, ...LOG_OUT_CODES] } },
  { kind: 'login_failed', outcomes: ['failure'] },
  { kind: 'login', when: { stage: ['login', 'sign in'] }, outcomes: ['success'] },
]
