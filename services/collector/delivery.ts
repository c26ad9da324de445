import timeout from 'p-timeout'
import type { Emitter } from '../emitter/index.js'
import type { SourceRecord } from './sources/source.js'

/** Thrown when Kafka has not acknowledged in time. The records may still arrive; a retry has the same `event_id`s. */
export class NotAcknowledgedError extends Error {
  override readonly name = 'NotAcknowledgedError'
  readonly code = 'KAFKA_NOT_ACKNOWLEDGED'
  readonly retriable = true

  constructor(timeoutMs: number) {
    super(`Kafka has not acknowledged within ${timeoutMs} ms.`)
  }
}

/**
 * Resolves when Kafka has acknowledged all `records`.
 *
 * @throws {NotAcknowledgedError} when that takes longer than `timeoutMs`
 * @throws what `Emitter.publish` throws
 */
export async function deliver(
  emitter: Pick<Emitter, 'publish'>,
  records: readonly SourceRecord[],
  timeoutMs: number,
): Promise<void> {
  const published = Promise.all(records.map((record) => emitter.publish(record)))
  await timeout(published, { milliseconds: timeoutMs, message: new NotAcknowledgedError(timeoutMs) })
}
