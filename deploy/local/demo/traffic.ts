import { guessing } from './guessing.js'
import type { Occurrence } from './occurrence.js'
import { type Random, waitOf } from './random.js'
import { signIn } from './sign_in.js'

/** How often things happen: the average time between two, in milliseconds. */
export interface Pace {
  readonly signInMs: number
  readonly guessingMs: number
}

/** What happens from `start` on (milliseconds since the epoch), in the order of its beginnings, without end. */
export function* traffic(random: Random, start: number, pace: Pace): Generator<Occurrence, never> {
  let nextSignIn = start
  let nextGuessing = start + waitOf(random, pace.guessingMs)
  for (;;) {
    if (nextSignIn <= nextGuessing) {
      const { records, actions } = signIn(random, nextSignIn)
      yield { start: nextSignIn, records, actions }
      nextSignIn += waitOf(random, pace.signInMs)
    } else {
      yield { start: nextGuessing, records: guessing(random, nextGuessing), actions: [] }
      nextGuessing += waitOf(random, pace.guessingMs)
    }
  }
}
