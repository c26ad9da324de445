import { Counter, Histogram } from 'prom-client'
import type { Principal } from '../runtime/auth/bearer_tokens.js'
import { LogThrottle } from '../runtime/log_throttle.js'
import type { Problem } from '../runtime/problem.js'
import type { Telemetry } from '../runtime/telemetry.js'
import type { DatabaseError } from './clickhouse/errors.js'

/** What happens in the query service. Each function updates the metrics and writes the log. */
export interface Events {
  /** A request was answered. `route` is the route's pattern, so that the label has few values. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void
  /** The caller disconnected before the answer. */
  abandoned(request: { method: string; route: string }): void
  /** A request was refused, or could not be served. */
  refused(problem: Problem, route: string): void
  /** A principal read `rows` records of a stream. */
  listed(stream: string, principal: Principal, rows: number): void
  /** An export ended. */
  exported(exported: ExportIdentity, ended: ExportEnd): void
  databaseFailed(error: DatabaseError, stream: string): void
}

/** Which export, and whose. */
export interface ExportIdentity {
  readonly id: string
  readonly stream: string
  readonly format: string
  readonly principal: Principal
}

/** How an export ended, and what had been sent by then. */
export interface ExportEnd {
  readonly outcome: 'complete' | 'broken' | 'abandoned'
  readonly records: number | undefined
  readonly bytes: number
  /** Whether the audit trail has the record of it. */
  readonly recorded: boolean
}

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createEvents({ log, metrics }: Telemetry): Events {
  const registers = [metrics]
  const requests = new Counter({
    name: 'gatelog_query_requests_total',
    help: 'Requests, by route and class of status (2xx, 4xx, 5xx), or `abandoned` if the caller disconnected before the answer',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'gatelog_query_request_seconds',
    help: 'Time from a request to the end of its answer, by route and class of status',
    labelNames: ['route', 'status'],
    buckets: BUCKETS,
    registers,
  })
  const refusals = new Counter({
    name: 'gatelog_query_refusals_total',
    help: 'Requests that were answered with an error, by its `error_code`',
    labelNames: ['code'],
    registers,
  })
  const rows = new Counter({
    name: 'gatelog_query_rows_total',
    help: 'Records returned, by stream',
    labelNames: ['stream'],
    registers,
  })
  const exports = new Counter({
    name: 'gatelog_query_exports_total',
    help: 'Exports that ended, by format and by outcome: complete, broken (by us) or abandoned (by the caller)',
    labelNames: ['stream', 'format', 'outcome'],
    registers,
  })
  const exportedBytes = new Counter({
    name: 'gatelog_query_export_bytes_total',
    help: 'Bytes of exports sent, by stream',
    labelNames: ['stream'],
    registers,
  })
  const unrecorded = new Counter({
    name: 'gatelog_query_exports_unrecorded_total',
    help: 'Exports whose end could not be recorded in the audit trail; their beginning was',
    labelNames: ['stream'],
    registers,
  })
  const failures = new Counter({
    name: 'gatelog_query_clickhouse_failures_total',
    help: 'Queries that failed in ClickHouse, by error code',
    labelNames: ['code'],
    registers,
  })

  const refusalLines = new LogThrottle()

  return {
    answered({ method, route, status, seconds }) {
      const statusClass = `${Math.floor(status / 100)}xx`
      requests.inc({ method, route, status: statusClass })
      duration.observe({ route, status: statusClass }, seconds)
      log.debug({ method, route, status, seconds }, 'answered')
    },
    abandoned({ method, route }) {
      requests.inc({ method, route, status: 'abandoned' })
      log.debug({ method, route }, 'abandoned')
    },
    refused(problem, route) {
      refusals.inc({ code: problem.code })
      const { cause, code, status } = problem
      // The error handler logs failures, but does not know their cause.
      if (status >= 500 && cause === undefined) return
      // Anybody can cause refusals, without a token too: one line a minute for each kind.
      const occurrences = refusalLines.occurred(`${code} ${route}`)
      if (occurrences === 0) return
      log.info({ code, status, route, occurrences, ...(cause === undefined ? {} : { err: cause }) }, 'refused')
    },
    listed(stream, { subject, organizations }, count) {
      rows.inc({ stream }, count)
      log.info({ stream, subject, organizations, rows: count }, 'listed')
    },
    exported({ id, stream, format, principal: { subject, organizations } }, { outcome, recorded, records, bytes }) {
      exports.inc({ stream, format, outcome })
      exportedBytes.inc({ stream }, bytes)
      rows.inc({ stream }, records ?? 0)
      const fields = { export: id, stream, format, subject, organizations, outcome, rows: records, bytes }
      log.info(fields, 'exported')
      if (recorded) return
      unrecorded.inc({ stream })
      log.error(fields, 'could not record the end of an export')
    },
    databaseFailed({ code, reason }, stream) {
      failures.inc({ code })
      log[code === 'QUERY_CANCELLED' ? 'debug' : 'warn']({ code, reason, stream }, 'a query failed in ClickHouse')
    },
  }
}
