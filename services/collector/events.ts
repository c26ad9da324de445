import { Counter, Histogram } from 'prom-client'
import type { Telemetry } from '../runtime/telemetry.js'

/** What happens to webhooks, each told to the metrics and the log at once. No record's content is told. */
export interface Events {
  /** Kafka has acknowledged every record of a webhook. */
  accepted(source: string, records: number, seconds: number): void
  /** A webhook told only of what is no sign-in. */
  ignored(source: string, kinds: readonly string[]): void
  /** A request did not come from who it should. */
  unauthenticated(source: string, ip: string): void
  /** A webhook was not what its source sends; `faults` name its parts. */
  malformed(source: string, faults: readonly string[]): void
  /** Kafka did not take a webhook's records in time; the sender was asked to try again. */
  unavailable(source: string, reason: string): void
  /** Fields of a record were shortened or mended so that it could be carried. */
  shortened(source: string, fields: readonly string[]): void
}

export function createEvents({ log, metrics }: Telemetry): Events {
  const registers = [metrics]
  const webhooks = new Counter({
    name: 'gatelog_collector_webhooks_total',
    help: 'Webhooks by source and by outcome: accepted, ignored, unauthenticated, malformed or unavailable',
    labelNames: ['source', 'outcome'],
    registers,
  })
  const records = new Counter({
    name: 'gatelog_collector_records_total',
    help: 'Records made of webhooks and acknowledged by Kafka',
    labelNames: ['source'],
    registers,
  })
  const shortened = new Counter({
    name: 'gatelog_collector_shortened_fields_total',
    help: 'Fields that were cut to the longest text a record carries, or whose broken Unicode was mended',
    labelNames: ['source'],
    registers,
  })
  const acknowledgement = new Histogram({
    name: 'gatelog_collector_acknowledgement_seconds',
    help: 'Time from a webhook’s arrival to Kafka’s acknowledgement',
    labelNames: ['source'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })

  return {
    accepted(source, count, seconds) {
      webhooks.inc({ source, outcome: 'accepted' })
      records.inc({ source }, count)
      acknowledgement.observe({ source }, seconds)
      log.debug({ source, records: count }, 'webhook accepted')
    },
    ignored(source, kinds) {
      webhooks.inc({ source, outcome: 'ignored' })
      log.debug({ source, kinds }, 'webhook ignored: no sign-in')
    },
    unauthenticated(source, ip) {
      webhooks.inc({ source, outcome: 'unauthenticated' })
      log.warn({ source, ip }, 'webhook refused: its signature is missing or wrong')
    },
    malformed(source, faults) {
      webhooks.inc({ source, outcome: 'malformed' })
      log.warn({ source, faults }, 'webhook refused: not what this source sends')
    },
    unavailable(source, reason) {
      webhooks.inc({ source, outcome: 'unavailable' })
      log.warn({ source, reason }, 'webhook put off: Kafka has not acknowledged its records')
    },
    shortened(source, fields) {
      shortened.inc({ source }, fields.length)
      log.info({ source, fields }, 'fields shortened to what a record carries')
    },
  }
}
