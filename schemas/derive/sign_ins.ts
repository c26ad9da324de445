import { authAudits, type Stream } from '../streams/index.js'

/** How many stages of a sign-in, and how many records of what its session did afterwards in each stream, an answer holds at most. */
export const MAX_STAGES = 500
export const MAX_AFTERWARDS = 100

/** The streams that tell of sign-ins. */
export interface SignInStreams {
  /** The one whose records are a sign-in's stages. */
  readonly stages: Stream
  /** Those whose records name a session, so that what it did can be read of them. */
  readonly sessions: readonly Stream[]
}

/** What of the streams tells of sign-ins, or undefined where nothing does. */
export function signInStreams(streams: readonly Stream[]): SignInStreams | undefined {
  const stages = streams.find(({ name }) => name === authAudits.name)
  if (stages === undefined) return undefined
  const sessions = streams.filter(({ fields }) => fields.some(({ name, filter }) => name === 'session' && filter))
  return { stages, sessions }
}
