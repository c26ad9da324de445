import { Counter, Histogram } from 'prom-client'
import { LogThrottle } from '../../runtime/log_throttle.js'
import type { Problem } from '../../runtime/problem.js'
import type { Telemetry } from '../../runtime/telemetry.js'
import type { Counts } from './answer.js'

/** What happens to records that callers write. Each function writes metrics and log; neither has a record's content. */
export interface WriteEvents {
  /** A request was answered; Kafka has acknowledged the accepted records. */
  written(stream: string, counts: Counts, seconds: number): void
  /** A request was answered with an error, and the caller does not know of any record that it was stored. */
  rejected(stream: string, problem: Problem): void
}

export function createWriteEvents({ log, metrics }: Telemetry, streams: readonly string[]): WriteEvents {
  const registers = [metrics]
  const records = new Counter({
    name: 'gatelog_collector_written_records_total',
    help: 'Records that callers wrote over HTTP, by outcome: accepted (Kafka has acknowledged them) or refused',
    labelNames: ['stream', 'outcome'],
    registers,
  })
  const rejections = new Counter({
    name: 'gatelog_collector_write_rejections_total',
    help: 'Requests to write records that were answered with an error, by its `error_code`',
    labelNames: ['stream', 'code'],
    registers,
  })
  const seconds = new Histogram({
    name: 'gatelog_collector_write_seconds',
    help: 'Time from the end of a body with records to Kafka’s acknowledgement',
    labelNames: ['stream'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  for (const stream of streams) {
    for (const outcome of ['accepted', 'refused']) records.inc({ stream, outcome }, 0)
  }
  const lines = new LogThrottle()

  return {
    written(stream, { accepted, refused }, took) {
      records.inc({ stream, outcome: 'accepted' }, accepted)
      records.inc({ stream, outcome: 'refused' }, refused)
      seconds.observe({ stream }, took)
      if (refused === 0) return
      const occurrences = lines.occurred(`refused ${stream}`)
      if (occurrences > 0) log.warn({ stream, accepted, refused, occurrences }, 'records of a request were refused')
    },
    rejected(stream, { code, status }) {
      rejections.inc({ stream, code })
      const occurrences = lines.occurred(`${stream} ${code}`)
      if (occurrences > 0) log.warn({ stream, code, status, occurrences }, 'a request to write records was rejected')
    },
  }
}
