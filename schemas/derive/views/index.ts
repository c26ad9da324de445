import type { Stream } from '../../streams/index.js'
import { signInStreams } from '../sign_ins.js'
import { outcomeView } from './outcome_view.js'
import { signInsView } from './sign_ins_view.js'
import type { View } from './view.js'

export { createStatement, type View } from './view.js'

/** The views of the streams, each after those that it reads. */
export function views(streams: readonly Stream[]): readonly View[] {
  const signIns = signInStreams(streams)
  return [
    ...streams.filter(({ outcomes }) => outcomes !== undefined).map(outcomeView),
    ...(signIns === undefined ? [] : [signInsView(signIns.stages)]),
  ]
}
