import { authAudits, MAX_RECORD_BYTES, type RecordOf, type Stream } from '../../schemas/streams/index.js'
import { uuidText } from '../../schemas/streams/uuid.js'
import { Queue } from './delivery/queue.js'
import { Sender } from './delivery/sender.js'
import { ClosedError, type Fault, InvalidRecordError, QueueFullError } from './errors.js'
import { createEvents } from './events.js'
import type { LoggerPort, MetricsPort, OutgoingMessage, ProducerPort } from './ports.js'
import { recordChecker } from './record/check.js'
import { recordEncoder, recordKey } from './record/encode.js'

export interface EmitterConfig<S extends Stream = typeof authAudits> {
  /** Makes a producer; `kafkaProducer(kafka)` is one of kafkajs. Called again when a producer has failed for good. */
  readonly createProducer: () => ProducerPort
  /** Which stream to emit; sign-ins by default. */
  readonly stream?: S
  /** Put before the topic's name, as the services' `KAFKA_TOPIC_PREFIX`. */
  readonly topicPrefix?: string
  readonly logger?: LoggerPort
  readonly metrics?: MetricsPort
  /**
   * Most bytes that may wait for Kafka (32 MiB by default); what comes when that is full is dropped, counted and
   * logged.
   */
  readonly maxQueueBytes?: number
  /** How long a record may wait for others to travel with, in milliseconds (5 by default). */
  readonly lingerMs?: number
  /** How long `close` may wait for Kafka, in milliseconds (10,000 by default). */
  readonly closeTimeoutMs?: number
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number
}

/** What became of a record that was emitted. */
export type Emitted =
  | { readonly accepted: true; readonly eventId: string }
  | {
      readonly accepted: false
      readonly reason: 'invalid' | 'full' | 'closed'
      readonly faults: readonly Fault[]
    }

export interface Emitter<S extends Stream = typeof authAudits> {
  /**
   * Queues a record and returns at once. Never throws and never waits: a sign-in does not fail because its audit trail
   * does.
   */
  emit(record: RecordOf<S>): Emitted
  /**
   * Queues a record and resolves when Kafka has acknowledged it.
   *
   * @throws {InvalidRecordError} naming each field that is wrong
   * @throws {QueueFullError} when too much is waiting for Kafka
   * @throws {ClosedError} when the emitter is closed, or closes before Kafka has answered
   */
  publish(record: RecordOf<S>): Promise<{ readonly eventId: string }>
  /** Resolves when everything emitted before has been acknowledged by Kafka or been given up by `close`. */
  flush(): Promise<void>
  /** Sends what is queued, for at most `closeTimeoutMs`; what is left then is counted and logged as dropped. */
  close(): Promise<void>
}

/** Kafka takes a request of 1 MiB; this leaves room for the framing of a batch. */
const MAX_BATCH_BYTES = 900 * 1024
const DEFAULT_QUEUE_BYTES = 32 * 1024 * 1024

type Prepared = { readonly message: OutgoingMessage; readonly eventId: string } | { readonly faults: readonly Fault[] }

/** Creates an emitter of one stream. It connects by itself when there is something to send. */
export function createEmitter<S extends Stream = typeof authAudits>(config: EmitterConfig<S>): Emitter<S> {
  const stream: Stream = config.stream ?? authAudits
  const check = recordChecker(stream, config.now)
  const encode = recordEncoder(stream)
  const keyOf = recordKey(stream)
  const events = createEvents({ stream: stream.name, log: config.logger, metrics: config.metrics })
  const queue = new Queue(config.maxQueueBytes ?? DEFAULT_QUEUE_BYTES)
  const sender = new Sender({
    topic: `${config.topicPrefix ?? ''}${stream.name}`,
    queue,
    events,
    createProducer: config.createProducer,
    lingerMs: config.lingerMs ?? 5,
    maxBatchBytes: MAX_BATCH_BYTES,
  })
  let closing: Promise<void> | undefined

  function prepare(record: RecordOf<S>): Prepared {
    const checked = check(record)
    if ('faults' in checked) return checked
    const value = encode(checked.record)
    if (value.length > MAX_RECORD_BYTES) {
      return {
        faults: [{ field: '', message: `the record must be at most ${MAX_RECORD_BYTES} bytes long when encoded` }],
      }
    }
    return { message: { key: keyOf(checked.record), value }, eventId: uuidText(checked.record.eventId) }
  }

  function enqueue(record: RecordOf<S>, settle?: (error?: Error) => void): Emitted {
    const prepared = prepare(record)
    if ('faults' in prepared) {
      events.invalid()
      return { accepted: false, reason: 'invalid', faults: prepared.faults }
    }
    if (closing !== undefined) return refuse('closed')
    if (!queue.offer(prepared.message, settle)) return refuse('full')
    sender.wake()
    return { accepted: true, eventId: prepared.eventId }
  }

  function refuse(reason: 'full' | 'closed'): Emitted {
    events.dropped(1, reason)
    return { accepted: false, reason, faults: [] }
  }

  async function close(): Promise<void> {
    await sender.stop(config.closeTimeoutMs ?? 10_000)
    const left = queue.peek(Number.POSITIVE_INFINITY)
    queue.remove(left.length)
    for (const { settle } of left) settle?.(new ClosedError())
    if (left.length > 0) events.dropped(left.length, 'closed')
  }

  return {
    emit: (record) => enqueue(record),

    publish: (record) =>
      new Promise((resolve, reject) => {
        const emitted = enqueue(record, (error) => (error === undefined ? resolve({ eventId }) : reject(error)))
        const eventId = emitted.accepted ? emitted.eventId : ''
        if (!emitted.accepted) reject(refusal(emitted))
      }),

    flush: () => {
      const drained = queue.drained()
      sender.hurry()
      return drained
    },

    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function refusal({ reason, faults }: Extract<Emitted, { accepted: false }>): Error {
  switch (reason) {
    case 'invalid':
      return new InvalidRecordError(faults)
    case 'full':
      return new QueueFullError()
    case 'closed':
      return new ClosedError()
  }
}
