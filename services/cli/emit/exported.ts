import { OUTCOMES, type Stream } from '../../../schemas/streams/index.js'

/**
 * A record as `gatelog export` or the API wrote it, without the outcome: that is derived from the other fields, and no
 * field of the stream.
 */
export function withoutDerived(stream: Stream, record: object): object {
  const { outcome, ...fields } = record as { readonly outcome?: unknown }
  return stream.outcomes !== undefined && OUTCOMES.some((each) => each === outcome) ? fields : record
}
