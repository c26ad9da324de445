import type { Stream } from '../../../schemas/streams/index.js'

/** The columns of a record as the API shows it, in order: the envelope, then the stream's fields. */
export function recordColumns(stream: Stream): readonly string[] {
  return ['event_id', 'time', ...stream.fields.map(({ name }) => name)]
}
