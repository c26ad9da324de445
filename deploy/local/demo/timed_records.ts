import type { audits, Emitter } from '../../../services/emitter/index.js'
import type { Occurrence } from './occurrence.js'

/** The emitters of the demo, one a stream. */
export interface DemoEmitters {
  readonly signIns: Emitter
  readonly actions: Emitter<typeof audits>
}

/** One record of an occurrence, with its time. */
export interface TimedRecord {
  readonly timeMs: number
  /** Emits the record with its own time. */
  emitWithOwnTime(): void
  /** Emits the record with the current time. */
  emitWithCurrentTime(): void
}

export function timedRecords({ records, actions }: Occurrence, emitters: DemoEmitters): readonly TimedRecord[] {
  return [
    ...records.map((record) => ({
      timeMs: (record.time as Date).getTime(),
      emitWithOwnTime: () => void emitters.signIns.emit(record),
      emitWithCurrentTime: () => void emitters.signIns.emit({ ...record, time: undefined }),
    })),
    ...actions.map((action) => ({
      timeMs: (action.time as Date).getTime(),
      emitWithOwnTime: () => void emitters.actions.emit(action),
      emitWithCurrentTime: () => void emitters.actions.emit({ ...action, time: undefined }),
    })),
  ]
}
