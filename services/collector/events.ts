import { Counter, Gauge, Histogram } from 'prom-client'
import { LogThrottle } from '../runtime/log_throttle.js'
import type { Telemetry } from '../runtime/telemetry.js'

/** What became of a webhook's events, and how long Kafka's acknowledgement took. */
export interface AcceptedCounts {
  readonly records: number
  readonly ignored: number
  readonly setAside: number
  readonly seconds: number
}

/** What happens to webhooks. Each function writes metrics and log together; neither has the content of a record. */
export interface Events {
  /** Kafka has acknowledged every record of a webhook. */
  accepted(source: string, counts: AcceptedCounts): void
  /** A webhook had no event that makes a record. */
  ignored(source: string, kinds: readonly string[]): void
  /** A request's signature is missing or wrong. */
  unauthenticated(source: string, ip: string): void
  /** A webhook does not have the form that its source sends; `faults` name the parts. */
  malformed(source: string, faults: readonly string[]): void
  /** A webhook was not accepted because Kafka or memory is short; the sender should retry. */
  unavailable(source: string, reason: string): void
  /** A webhook was not accepted because of an unexpected error, which is logged elsewhere. */
  failed(source: string): void
  /** Fields of a record were truncated, or their Unicode was repaired. */
  shortened(source: string, fields: readonly string[]): void
}

const OUTCOMES = ['accepted', 'ignored', 'unauthenticated', 'malformed', 'unavailable', 'failed']

export function createEvents({ log, metrics }: Telemetry, sources: readonly { readonly name: string }[]): Events {
  const registers = [metrics]
  const webhooks = new Counter({
    name: 'gatelog_collector_webhooks_total',
    help: 'Webhooks by source and by outcome: accepted, ignored, unauthenticated, malformed, unavailable (503) or failed (500)',
    labelNames: ['source', 'outcome'],
    registers,
  })
  const records = new Counter({
    name: 'gatelog_collector_records_total',
    help: 'Records made from webhooks and acknowledged by Kafka',
    labelNames: ['source'],
    registers,
  })
  const shortened = new Counter({
    name: 'gatelog_collector_shortened_fields_total',
    help: 'Fields that were truncated to the longest text a record holds, or whose invalid Unicode was repaired',
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

  const ignoredEvents = new Counter({
    name: 'gatelog_collector_ignored_events_total',
    help: 'Events of webhooks that make no record',
    labelNames: ['source'],
    registers,
  })
  const setAsideEvents = new Counter({
    name: 'gatelog_collector_set_aside_events_total',
    help: 'Events of webhooks that cannot be stored and became dead letters',
    labelNames: ['source'],
    registers,
  })
  const lastAccepted = new Gauge({
    name: 'gatelog_collector_last_webhook_timestamp_seconds',
    help: 'When the last valid webhook of a source arrived, in seconds since 1970; 0 for none since the start',
    labelNames: ['source'],
    registers,
  })
  // A source that never sends must be visible, too.
  for (const { name: source } of sources) {
    lastAccepted.set({ source }, 0)
    for (const outcome of OUTCOMES) webhooks.inc({ source, outcome }, 0)
  }

  const rejectionLines = new LogThrottle()

  return {
    accepted(source, { records: count, ignored, setAside, seconds }) {
      webhooks.inc({ source, outcome: 'accepted' })
      records.inc({ source }, count)
      if (ignored > 0) ignoredEvents.inc({ source }, ignored)
      if (setAside > 0) {
        setAsideEvents.inc({ source }, setAside)
        log.warn({ source, events: setAside }, 'events set aside as dead letters')
      }
      lastAccepted.setToCurrentTime({ source })
      acknowledgement.observe({ source }, seconds)
      log.debug({ source, records: count, ignored, setAside }, 'webhook accepted')
    },
    ignored(source, kinds) {
      webhooks.inc({ source, outcome: 'ignored' })
      ignoredEvents.inc({ source }, kinds.length)
      lastAccepted.setToCurrentTime({ source })
      log.debug({ source, kinds }, 'webhook ignored: it has no event that makes a record')
    },
    unauthenticated(source, ip) {
      webhooks.inc({ source, outcome: 'unauthenticated' })
      // Anybody can send these: one line a minute, which names the last sender.
      const occurrences = rejectionLines.occurred(source)
      if (occurrences === 0) return
      log.warn({ source, ip, occurrences }, 'webhooks rejected: the signature is missing or wrong')
    },
    malformed(source, faults) {
      webhooks.inc({ source, outcome: 'malformed' })
      log.warn({ source, faults }, 'webhook rejected: not the form that this source sends')
    },
    unavailable(source, reason) {
      webhooks.inc({ source, outcome: 'unavailable' })
      log.warn({ source, reason }, 'webhook not accepted: it should be sent again')
    },
    failed(source) {
      webhooks.inc({ source, outcome: 'failed' })
    },
    shortened(source, fields) {
      shortened.inc({ source }, fields.length)
      log.info({ source, fields }, 'fields truncated to the longest text a record holds')
    },
  }
}
