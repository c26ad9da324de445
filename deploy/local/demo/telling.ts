import type { audits, Emitter } from '../../../services/emitter/index.js'
import type { Occurrence } from './occurrence.js'

/** Where what happens is told: the stages of sign-ins, and what people do once they are in. */
export interface Trails {
  readonly signIns: Emitter
  readonly actions: Emitter<typeof audits>
}

/** One record of an occurrence, which can be emitted. */
export interface Telling {
  readonly moment: number
  /** Emits the record as one of its moment. */
  asOfThen(): void
  /** Emits it as one of now. */
  asOfNow(): void
}

export function tellings({ records, actions }: Occurrence, trails: Trails): readonly Telling[] {
  return [
    ...records.map((record) => ({
      moment: (record.time as Date).getTime(),
      asOfThen: () => void trails.signIns.emit(record),
      asOfNow: () => void trails.signIns.emit({ ...record, time: undefined }),
    })),
    ...actions.map((action) => ({
      moment: (action.time as Date).getTime(),
      asOfThen: () => void trails.actions.emit(action),
      asOfNow: () => void trails.actions.emit({ ...action, time: undefined }),
    })),
  ]
}
