import type { Occurrence } from './occurrence.js'
import { passwordGuessing } from './password_guessing.js'
import { type Random, waitOf } from './random.js'
import { signIn } from './sign_in.js'

/** The average time between two sign-ins, and between two attacks, in milliseconds. */
export interface Pace {
  readonly signInMs: number
  readonly guessingMs: number
}

/** Endless traffic from `start` on (milliseconds since the epoch), ordered by start. */
export function* traffic(random: Random, start: number, pace: Pace): Generator<Occurrence, never> {
  let nextSignIn = start
  let nextGuessing = start + waitOf(random, pace.guessingMs)
  for (;;) {
    if (nextSignIn <= nextGuessing) {
      const { records, actions } = signIn(random, nextSignIn)
      yield { start: nextSignIn, records, actions }
      nextSignIn += waitOf(random, pace.signInMs)
    } else {
      yield { start: nextGuessing, records: passwordGuessing(random, nextGuessing), actions: [] }
      nextGuessing += waitOf(random, pace.guessingMs)
    }
  }
}
