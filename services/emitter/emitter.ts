import { authAudits, MAX_RECORD_BYTES, type RecordOf, type Stream } from '../../schemas/streams/index.js'
import { uuidText } from '../../schemas/streams/uuid.js'
import type { EmitterConfig } from './config.js'
import { activeContext, contextFiller } from './context/fill.js'
import { Queue, type QueuedMessage } from './delivery/queue.js'
import { Sender } from './delivery/sender.js'
import { ClosedError, type Fault, InvalidRecordError, QueueFullError, RecordRejectedError } from './errors.js'
import { createEvents, type EmitterStats } from './events.js'
import type { OutgoingMessage } from './ports.js'
import { recordChecker, type StampedRecord } from './record/check.js'
import { recordEncoder, recordKey } from './record/encode.js'
import type { Found } from './redaction/kinds.js'
import { recordRedactor } from './redaction/record.js'
import { redactText, secretMarks } from './redaction/redact.js'
import { type Accepted, Spool } from './spool/spool.js'

/** The result of `emit`. */
export type Emitted =
  | { readonly accepted: true; readonly eventId: string }
  | {
      readonly accepted: false
      readonly reason: 'invalid' | 'full' | 'closed'
      readonly faults: readonly Fault[]
    }

export interface Emitter<S extends Stream = typeof authAudits> {
  /**
   * Queues a record and returns at once. It never throws, whatever the record is and whatever logger, metrics and
   * producer do: a sign-in does not fail because its audit trail does.
   */
  emit(record: RecordOf<S>): Emitted
  /**
   * Queues a record and resolves when Kafka has acknowledged it.
   *
   * @throws {InvalidRecordError} naming each field that is wrong
   * @throws {QueueFullError} when the queue for Kafka is full
   * @throws {RecordRejectedError} when Kafka refuses the record for good
   * @throws {ClosedError} when the emitter is closed, or closes before Kafka has acknowledged the record
   */
  publish(record: RecordOf<S>): Promise<{ readonly eventId: string }>
  /** Resolves when Kafka has acknowledged everything emitted before, or `close` has given it up. */
  flush(): Promise<void>
  /** What was dropped and what was redacted since the emitter was created. */
  stats(): EmitterStats
  /**
   * Sends what is queued for at most `closeTimeoutMs`. The rest is counted and logged: as `dropped` if it was never
   * sent, and as `unconfirmed` if it was sent and Kafka has not acknowledged it. What the spool has stays there, and is
   * sent after the next start. Nothing is sent afterwards.
   */
  close(): Promise<void>
}

/** Brokers accept batches of 1,048,588 bytes by default (`message.max.bytes`). */
const MAX_BATCH_BYTES = 900 * 1024
const DEFAULT_QUEUE_BYTES = 32 * 1024 * 1024

type Prepared = { readonly message: OutgoingMessage; readonly record: StampedRecord } | { readonly faults: Fault[] }

/** Creates an emitter of one stream. It connects when there is something to send. */
export function createEmitter<S extends Stream = typeof authAudits>(config: EmitterConfig<S>): Emitter<S> {
  return observedEmitter(config, () => undefined)
}

/** An emitter that calls `onAccepted` with every record that it queues. */
export function observedEmitter<S extends Stream = typeof authAudits>(
  config: EmitterConfig<S>,
  onAccepted: (record: StampedRecord) => void,
): Emitter<S> {
  const stream: Stream = config.stream ?? authAudits
  const events = createEvents({ stream: stream.name, log: config.logger, metrics: config.metrics })
  const prepare = recordPreparer(stream, config, events.redacted)
  const queue = new Queue(config.maxQueueBytes ?? DEFAULT_QUEUE_BYTES)
  const sender = new Sender({
    topic: `${config.topicPrefix ?? ''}${stream.name}`,
    queue,
    events,
    createProducer: config.createProducer,
    lingerMs: config.lingerMs ?? 5,
    maxBatchBytes: MAX_BATCH_BYTES,
    onRejected({ settle }, code) {
      events.dropped(1, 'rejected', code)
      settle?.(new RecordRejectedError(code))
    },
  })
  const spool =
    config.spool === undefined
      ? undefined
      : new Spool({ stream: stream.name, options: config.spool, queue, events, wake: () => sender.wake() })
  let closing: Promise<void> | undefined

  function enqueue(record: RecordOf<S>, settle?: QueuedMessage['settle']): Emitted {
    const prepared = prepare(record)
    if ('faults' in prepared) {
      events.invalid()
      return { accepted: false, reason: 'invalid', faults: prepared.faults }
    }
    if (closing !== undefined) return drop('closed')
    const taken = take(prepared.message, settle)
    if (taken !== 'accepted') return drop(taken)
    onAccepted(prepared.record)
    return { accepted: true, eventId: uuidText(prepared.record.eventId) }
  }

  function take(message: OutgoingMessage, settle: QueuedMessage['settle']): Accepted {
    if (spool !== undefined) return spool.accept(message, settle)
    if (!queue.offer(message, settle)) return 'full'
    sender.wake()
    return 'accepted'
  }

  function drop(reason: 'closed' | Exclude<Accepted, 'accepted'>): Emitted {
    events.dropped(1, reason)
    return { accepted: false, reason: reason === 'closed' ? 'closed' : 'full', faults: [] }
  }

  async function close(): Promise<void> {
    spool?.stop()
    await sender.stop(config.closeTimeoutMs ?? 10_000)
    const kept = spool?.close() ?? 0
    if (kept > 0) events.kept(kept)
    const left = queue.peek(Number.POSITIVE_INFINITY)
    queue.remove(left.length)
    for (const { settle } of left) settle?.(new ClosedError())
    const lost = left.filter(({ owner }) => owner?.stored !== true)
    const unconfirmed = lost.filter(({ sent }) => sent).length
    if (unconfirmed > 0) events.unconfirmed(unconfirmed)
    if (lost.length > unconfirmed) events.dropped(lost.length - unconfirmed, 'closed')
    events.close()
  }

  return {
    emit: (record) => enqueue(record),

    publish: (record) =>
      new Promise((resolve, reject) => {
        const emitted = enqueue(record, (error) => (error === undefined ? resolve({ eventId }) : reject(error)))
        const eventId = emitted.accepted ? emitted.eventId : ''
        if (!emitted.accepted) reject(errorFor(emitted))
      }),

    async flush() {
      await spool?.drained()
      const drained = queue.drained()
      sender.flush()
      return drained
    },

    stats: events.stats,

    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Returns the function that checks, redacts and encodes the records of a stream. It never throws. */
function recordPreparer(
  stream: Stream,
  {
    now,
    redaction,
    framing,
    context = activeContext,
  }: Pick<EmitterConfig, 'now' | 'redaction' | 'framing' | 'context'>,
  found: Found,
): (record: unknown) => Prepared {
  if (framing !== undefined && framing.stream !== stream.name) {
    throw new TypeError(`The framing is that of ${framing.stream}, and the emitter is one of ${stream.name}.`)
  }
  const check = recordChecker(stream, now)
  const redact = recordRedactor(stream, redaction)
  const fill = contextFiller(stream, context)
  const { encode, fieldsAt, isTooLarge } = recordEncoder(stream, framing?.header)
  const keyOf = recordKey(stream)
  return (given) => {
    const checked = check(given)
    // They repeat the names of unknown fields, which are the caller's own text.
    if ('faults' in checked) {
      return {
        faults: checked.faults.map(({ field, message }) => ({
          field: redactText(field, found),
          message: redactText(message, found),
        })),
      }
    }
    let record = { ...checked.record, fields: fill(checked.record.fields) }
    let value = encode(record)
    const fields = redact(record.fields, secretMarks.found(value, fieldsAt, value.length), found)
    if (fields !== record.fields) {
      record = { ...record, fields }
      value = encode(record)
    }
    if (isTooLarge(value)) {
      return { faults: [{ field: '', message: `must be at most ${MAX_RECORD_BYTES} bytes long when encoded` }] }
    }
    return { message: { key: keyOf(record), value, timestamp: String(record.timestamp) }, record }
  }
}

function errorFor({ reason, faults }: Extract<Emitted, { accepted: false }>): Error {
  switch (reason) {
    case 'invalid':
      return new InvalidRecordError(faults)
    case 'full':
      return new QueueFullError()
    case 'closed':
      return new ClosedError()
  }
}
