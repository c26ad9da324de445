import timeout from 'p-timeout'
import type { audits, authAudits } from '../../../schemas/streams/index.js'
import type { Emitter } from '../../emitter/index.js'

/** The emitters that webhooks are published with. */
export interface Emitters {
  readonly signIns: Pick<Emitter<typeof authAudits>, 'publish'>
  readonly actions: Pick<Emitter<typeof audits>, 'publish'>
}

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
 * Starts every send, and resolves when Kafka has acknowledged all of them.
 *
 * @throws {NotAcknowledgedError} when that takes longer than `timeoutMs`
 * @throws what a send throws
 */
export async function deliver(sends: readonly (() => Promise<unknown>)[], timeoutMs: number): Promise<void> {
  const published = Promise.all(sends.map((send) => send()))
  await timeout(published, { milliseconds: timeoutMs, message: new NotAcknowledgedError(timeoutMs) })
}
