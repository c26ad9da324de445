/** One thing that is wrong with a record. */
export interface Fault {
  /** The field's name, or empty for the record as a whole. */
  readonly field: string
  readonly message: string
}

/** Thrown by `publish` for a record that is not valid. It names fields and no values: a value may be a secret. */
export class InvalidRecordError extends Error {
  override readonly name = 'InvalidRecordError'
  readonly code = 'RECORD_INVALID'
  readonly retriable = false

  constructor(readonly faults: readonly Fault[]) {
    super(`The record is not valid: ${faults.map(describeFault).join('; ')}.`)
  }
}

/** Thrown by `publish` when the queue for Kafka is full. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
  readonly code = 'QUEUE_FULL'
  readonly retriable = true

  constructor() {
    super('The queue is full: Kafka has not acknowledged earlier records. Try again later.')
  }
}

/** Thrown by `createEmitter` when another process, or another emitter of the stream, owns the spool's folder. */
export class SpoolLockedError extends Error {
  override readonly name = 'SpoolLockedError'
  readonly code = 'SPOOL_LOCKED'
  readonly retriable = false

  constructor(dir: string, pid: number, host: string) {
    super(
      `The spool's folder ${dir} has an owner: process ${pid} on ${host} uses it. Give each process its own folder.`,
    )
  }
}

/** Thrown by `kafkaProducer` for a compression whose package is not installed. */
export class CompressionUnavailableError extends Error {
  override readonly name = 'CompressionUnavailableError'
  readonly code = 'COMPRESSION_UNAVAILABLE'
  readonly retriable = false
}

/** Thrown by `publish` for a record that Kafka refuses for good, because of the topic's settings. */
export class RecordRejectedError extends Error {
  override readonly name = 'RecordRejectedError'
  readonly code = 'RECORD_REJECTED'
  readonly retriable = false

  /** @param kafkaError the protocol's name of the error, such as `MESSAGE_TOO_LARGE` */
  constructor(readonly kafkaError: string) {
    super(`Kafka refuses the record (${kafkaError}).`)
  }
}

/** Thrown by `publish` after `close`, and for a record that Kafka had not acknowledged when `close` gave up. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError'
  readonly code = 'EMITTER_CLOSED'
  readonly retriable = false

  constructor() {
    super('The emitter is closed, and Kafka has not acknowledged the record.')
  }
}

/** A fault as part of a sentence. */
export function describeFault({ field, message }: Fault): string {
  return field === '' ? message : `${field} ${message}`
}
