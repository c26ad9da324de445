import { authAudits, type RecordOf, type Stream } from '../../schemas/streams/index.js'
import { uuidText } from '../../schemas/streams/uuid.js'
import { createEmitter, type Emitter } from './emitter.js'
import type { ProducerPort } from './ports.js'
import { recordChecker, type StampedRecord } from './record/check.js'

/** A record as it would have been stored. */
export interface EmittedRecord {
  readonly event_id: string
  /** Microseconds since the epoch. */
  readonly time: number
  readonly fields: Readonly<Record<string, string>>
}

export interface InMemoryEmitter<S extends Stream> extends Emitter<S> {
  /** What was emitted and is valid, oldest first. */
  readonly records: readonly EmittedRecord[]
}

/**
 * An emitter for tests of programs that emit: it checks and encodes as the real one does, and keeps instead of sending.
 */
export function inMemoryEmitter<S extends Stream = typeof authAudits>(stream?: S): InMemoryEmitter<S> {
  const nowhere: ProducerPort = { connect: async () => {}, send: async () => undefined, disconnect: async () => {} }
  const declared: Stream = stream ?? authAudits
  const emitter = createEmitter<S>({ createProducer: () => nowhere, ...(stream === undefined ? {} : { stream }) })
  const check = recordChecker(declared)
  const records: EmittedRecord[] = []

  function keep(record: RecordOf<S>, eventId: string): void {
    const checked = check({ ...record, event_id: eventId })
    if ('record' in checked) records.push(kept(checked.record))
  }

  return {
    ...emitter,
    records,
    emit(record) {
      const emitted = emitter.emit(record)
      if (emitted.accepted) keep(record, emitted.eventId)
      return emitted
    },
    async publish(record) {
      const published = await emitter.publish(record)
      keep(record, published.eventId)
      return published
    },
  }
}

function kept({ eventId, time, fields }: StampedRecord): EmittedRecord {
  return { event_id: uuidText(eventId), time, fields }
}
