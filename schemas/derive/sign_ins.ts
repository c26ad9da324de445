import { authAudits, type Outcome, type Stream } from '../streams/index.js'

/** The maximum number of stages in a response, and of records of each stream after the sign-in. */
export const MAX_STAGES = 500
export const MAX_AFTERWARDS = 100

/** The streams that a sign-in consists of. */
export interface SignInStreams {
  /** The stream whose records are the stages. */
  readonly stages: Stream
  /** The streams that have a filter on the session: they show what the session did. */
  readonly sessions: readonly Stream[]
}

/** The streams of sign-ins, or undefined if there are none. */
export function signInStreams(streams: readonly Stream[]): SignInStreams | undefined {
  const stages = streams.find(({ name }) => name === authAudits.name)
  if (stages === undefined) return undefined
  const sessions = streams.filter(({ fields }) => fields.some(({ name, filter }) => name === 'session' && filter))
  return { stages, sessions }
}

/** Finds the record that decides the outcome of a sign-in. */
export interface VerdictRule {
  /** Which of several matching records decides. */
  readonly find: 'first' | 'last'
  /** The record has one of these outcomes. */
  readonly outcomes: readonly Outcome[]
  /** The record has this field. */
  readonly present?: string
  /** No later record with the same value of this field succeeded. */
  readonly notSucceededLater?: string
  /** What the record is in the answer: the end of the sign-in, or where it failed. */
  readonly role?: 'end' | 'failure'
}

/**
 * The outcome of a sign-in is that of the record that the first matching rule finds among its steps, and `unknown` if
 * no rule matches. A log-out, or the refresh of a token, is no step (`isSignInStep`): alone, it is no sign-in that
 * succeeded. The API and the view `sign_ins` both derive from these rules:
 *
 * 1. A stage succeeded and names a token: a sign-in exists to get one. The sign-in ends there. Later records of the
 *    trace (a refreshed token, a log-out) are what the session did afterwards, and can't make it fail.
 * 2. A stage failed and no later record of the same stage succeeded. A correct second password makes up for a wrong
 *    first one.
 * 3. The last stage that has an outcome: `success`, or `challenge` if the user has to respond.
 *
 * Unless a rule finds the end, the sign-in ends with its last record.
 */
export const VERDICT_RULES: readonly VerdictRule[] = [
  { find: 'first', outcomes: ['success'], present: 'token_id', role: 'end' },
  { find: 'first', outcomes: ['failure'], notSucceededLater: 'stage', role: 'failure' },
  { find: 'last', outcomes: ['success', 'failure', 'challenge'] },
]
