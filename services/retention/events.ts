import { Counter, Gauge } from 'prom-client'
import type { Telemetry } from '../runtime/telemetry.js'

/** What happens to old records. Each function writes metrics and log together. */
export interface Events {
  /** Rows of a day are dropped, and that is recorded. */
  dropped(stream: string, day: string, rows: number): void
  /** A run has ended. */
  ran(seconds: number): void
  /** A run has failed. The next one goes on. */
  failed(error: unknown): void
}

export function createEvents({ log, metrics }: Telemetry, streams: readonly { readonly name: string }[]): Events {
  const registers = [metrics]
  const rows = new Counter({
    name: 'gatelog_retention_rows_total',
    help: 'Rows that were older than their retention and are dropped',
    labelNames: ['stream'],
    registers,
  })
  const runs = new Counter({
    name: 'gatelog_retention_runs_total',
    help: 'Runs by outcome: complete or failed',
    labelNames: ['outcome'],
    registers,
  })
  const lastRun = new Gauge({
    name: 'gatelog_retention_last_run_timestamp_seconds',
    help: 'When the last complete run ended, in seconds since 1970; 0 for none since the start',
    registers,
  })
  for (const { name: stream } of streams) rows.inc({ stream }, 0)
  for (const outcome of ['complete', 'failed']) runs.inc({ outcome }, 0)

  return {
    dropped(stream, day, count) {
      rows.inc({ stream }, count)
      log.info({ stream, day, rows: count }, 'old records dropped')
    },
    ran(seconds) {
      runs.inc({ outcome: 'complete' })
      lastRun.setToCurrentTime()
      log.info({ seconds }, 'retention is up to date')
    },
    failed(error) {
      runs.inc({ outcome: 'failed' })
      log.error({ err: error }, 'a run of the retention failed; the next one goes on')
    },
  }
}
