import type { LoggerPort, MetricsPort } from './ports.js'

/** What happens in an emitter, each told to the metrics and the log at once. Loss is always told, but not once a record. */
export interface Events {
  acknowledged(records: number): void
  invalid(): void
  dropped(records: number, reason: 'full' | 'closed'): void
  sendFailed(error: unknown, records: number, attempt: number): void
  sendRecovered(attempts: number): void
  queued(bytes: number): void
}

/** At most one log line of each kind in this time. */
const LOG_INTERVAL_MS = 10_000

export function createEvents(log?: LoggerPort, metrics?: MetricsPort, now: () => number = Date.now): Events {
  let droppedUntold = 0
  let toldDropsAt = Number.NEGATIVE_INFINITY
  let toldFailureAt = Number.NEGATIVE_INFINITY

  return {
    acknowledged: (records) => metrics?.records.inc({ outcome: 'acknowledged' }, records),
    invalid: () => metrics?.records.inc({ outcome: 'invalid' }),
    dropped(records, reason) {
      metrics?.records.inc({ outcome: 'dropped' }, records)
      droppedUntold += records
      if (reason === 'full' && now() - toldDropsAt < LOG_INTERVAL_MS) return
      log?.error({ records: droppedUntold, reason }, 'audit records dropped')
      toldDropsAt = now()
      droppedUntold = 0
    },
    sendFailed(error, records, attempt) {
      metrics?.retries.inc({})
      if (now() - toldFailureAt < LOG_INTERVAL_MS) return
      log?.warn({ error: (error as Error).message, records, attempt }, 'Kafka did not take audit records; trying again')
      toldFailureAt = now()
    },
    sendRecovered: (attempts) => log?.info({ attempts }, 'Kafka takes audit records again'),
    queued: (bytes) => metrics?.queuedBytes.set(bytes),
  }
}
