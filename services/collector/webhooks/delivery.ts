import timeout from 'p-timeout'
import type { audits, authAudits, events } from '../../../schemas/streams/index.js'
import type { Emitter } from '../../emitter/index.js'
import type { RecordReading } from '../sources/source.js'

/** The emitters that webhooks are published with. */
export interface Emitters {
  readonly signIns: Pick<Emitter<typeof authAudits>, 'publish'>
  readonly actions: Pick<Emitter<typeof audits>, 'publish'>
  readonly events: Pick<Emitter<typeof events>, 'publish'>
}

/** Publishes a record to its stream. Resolves when Kafka has acknowledged it. @throws what `publish` throws */
export function publish({ signIns, actions, events }: Emitters, reading: RecordReading): Promise<unknown> {
  switch (reading.is) {
    case 'sign-in':
      return signIns.publish(reading.record)
    case 'action':
      return actions.publish(reading.record)
    case 'event':
      return events.publish(reading.record)
  }
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
