/** One thing that is wrong with a record. */
export interface Fault {
  /** The field's name, or empty where the record as a whole is meant. */
  readonly field: string
  readonly message: string
}

/**
 * Thrown by `publish` for a record that cannot be carried. It names fields, never their values: they may be secrets.
 */
export class InvalidRecordError extends Error {
  override readonly name = 'InvalidRecordError'
  readonly code = 'RECORD_INVALID'
  readonly retriable = false

  constructor(readonly faults: readonly Fault[]) {
    super(`The record is not valid: ${faults.map(describeFault).join('; ')}.`)
  }
}

/** Thrown by `publish` when as much is waiting for Kafka as the queue may hold. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
  readonly code = 'QUEUE_FULL'
  readonly retriable = true

  constructor() {
    super('The queue is full: Kafka has not acknowledged what was emitted before. Try again later.')
  }
}

/** Thrown for a record that was emitted after `close`, or was still waiting for Kafka when `close` had to give up. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError'
  readonly code = 'EMITTER_CLOSED'
  readonly retriable = false

  constructor() {
    super('The emitter is closed; the record was not delivered.')
  }
}

/** A fault as a sentence's part. */
export function describeFault({ field, message }: Fault): string {
  return field === '' ? message : `${field} ${message}`
}
