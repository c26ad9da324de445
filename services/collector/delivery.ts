import type { Emitter } from '../emitter/index.js'
import type { SourceRecord } from './sources/source.js'

/** Thrown when Kafka has not acknowledged in time. The records may still arrive; sent again, they bear the same `event_id`s. */
export class NotAcknowledgedError extends Error {
  override readonly name = 'NotAcknowledgedError'
  readonly code = 'KAFKA_NOT_ACKNOWLEDGED'
  readonly retriable = true

  constructor(timeoutMs: number) {
    super(`Kafka has not acknowledged within ${timeoutMs} ms.`)
  }
}

/**
 * Resolves when Kafka has acknowledged every one of `records`.
 *
 * @throws {NotAcknowledgedError} when that takes longer than `timeoutMs`
 * @throws what `Emitter.publish` throws
 */
export async function deliver(
  emitter: Pick<Emitter, 'publish'>,
  records: readonly SourceRecord[],
  timeoutMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NotAcknowledgedError(timeoutMs)), timeoutMs)
  })
  try {
    await Promise.race([Promise.all(records.map((record) => emitter.publish(record))), timeout])
  } finally {
    clearTimeout(timer)
  }
}
