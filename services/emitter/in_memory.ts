import type { authAudits, Stream } from '../../schemas/streams/index.js'
import { uuidText } from '../../schemas/streams/uuid.js'
import type { EmitterConfig } from './config.js'
import { type Emitter, observedEmitter } from './emitter.js'
import type { ProducerPort } from './ports.js'

/** A record as it would have been stored. */
export interface EmittedRecord {
  readonly event_id: string
  /** Microseconds since the epoch. */
  readonly time: number
  readonly fields: Readonly<Record<string, string>>
}

export interface InMemoryEmitter<S extends Stream> extends Emitter<S> {
  /** The valid records that were emitted, oldest first. */
  readonly records: readonly EmittedRecord[]
}

/** An emitter for tests. It checks and encodes as the real one does, and keeps the records instead of sending them. */
export function inMemoryEmitter<S extends Stream = typeof authAudits>(
  stream?: S,
  options: Pick<EmitterConfig<S>, 'now' | 'redaction' | 'context'> = {},
): InMemoryEmitter<S> {
  const records: EmittedRecord[] = []
  const emitter = observedEmitter<S>(
    { ...options, createProducer: () => NOWHERE, ...(stream === undefined ? {} : { stream }) },
    ({ eventId, time, fields }) => records.push({ event_id: uuidText(eventId), time, fields }),
  )
  return { ...emitter, records }
}

const NOWHERE: ProducerPort = { connect: async () => {}, send: async () => undefined, disconnect: async () => {} }
