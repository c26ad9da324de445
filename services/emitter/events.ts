import type { LoggerPort, MetricsPort } from './ports.js'

/**
 * What happens in an emitter, each told to the metrics and the log at once. Loss is always told, but not once a record.
 */
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

export interface EventsOptions {
  /** The stream's name, by which its emitter is told from others'. */
  readonly stream: string
  readonly log?: LoggerPort | undefined
  readonly metrics?: MetricsPort | undefined
  readonly now?: () => number
}

export function createEvents({ stream, log, metrics, now = Date.now }: EventsOptions): Events {
  let droppedUntold = 0
  let toldDropsAt = Number.NEGATIVE_INFINITY
  let toldFailureAt = Number.NEGATIVE_INFINITY

  return {
    acknowledged: (records) => metrics?.records.inc({ stream, outcome: 'acknowledged' }, records),
    invalid: () => metrics?.records.inc({ stream, outcome: 'invalid' }),
    dropped(records, reason) {
      metrics?.records.inc({ stream, outcome: 'dropped' }, records)
      droppedUntold += records
      if (reason === 'full' && now() - toldDropsAt < LOG_INTERVAL_MS) return
      log?.error({ stream, records: droppedUntold, reason }, 'audit records dropped')
      toldDropsAt = now()
      droppedUntold = 0
    },
    sendFailed(error, records, attempt) {
      metrics?.retries.inc({ stream })
      if (now() - toldFailureAt < LOG_INTERVAL_MS) return
      log?.warn(
        { stream, error: (error as Error).message, records, attempt },
        'Kafka did not take audit records; trying again',
      )
      toldFailureAt = now()
    },
    sendRecovered: (attempts) => log?.info({ stream, attempts }, 'Kafka takes audit records again'),
    queued: (bytes) => metrics?.queuedBytes.set({ stream }, bytes),
  }
}
