import { authAudits, type Stream } from '../streams/index.js'

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
