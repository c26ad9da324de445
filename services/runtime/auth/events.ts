import { Counter, Gauge } from 'prom-client'
import type { Telemetry } from '../telemetry.js'

/** What happens with the issuer's keys. Each function updates the metrics and writes the log. */
export interface AuthEvents {
  /** The keys were fetched. */
  keysFetched(): void
  /** A fetch failed; `ageMs` is the age of the keys that are used instead, undefined if there are none. */
  keysNotFetched(error: unknown, ageMs: number | undefined): void
}

/** @param service the service's name, as its metrics have it */
export function createAuthEvents({ log, metrics }: Telemetry, service: string): AuthEvents {
  const registers = [metrics]
  const fetchedAt = new Gauge({
    name: `gatelog_${service}_issuer_keys_fetched_timestamp_seconds`,
    help: 'When the issuer’s keys were last fetched, in seconds since the epoch; 0 if never',
    registers,
  })
  const failures = new Counter({
    name: `gatelog_${service}_issuer_keys_failures_total`,
    help: 'Fetches of the issuer’s keys that failed; the last keys are used meanwhile',
    registers,
  })
  let away = false

  return {
    keysFetched() {
      fetchedAt.setToCurrentTime()
      if (away) log.info('the issuer’s keys can be fetched again')
      away = false
    },
    keysNotFetched(error, ageMs) {
      failures.inc()
      // One line for an outage, not one for each attempt.
      if (away) return
      away = true
      const keysAgeSeconds = ageMs === undefined ? undefined : Math.round(ageMs / 1_000)
      log.warn({ err: error, keysAgeSeconds }, 'the issuer’s keys cannot be fetched')
    },
  }
}
