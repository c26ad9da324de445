import { Counter, Histogram } from 'prom-client'
import type { Problem } from '../runtime/problem.js'
import type { Telemetry } from '../runtime/telemetry.js'
import type { Principal } from './auth/bearer_tokens.js'
import type { DatabaseError } from './clickhouse/errors.js'

/** What happens in the query service, each told to the metrics and the log at once. */
export interface Events {
  /** A request was answered. `route` is the declared one, so that its values are few. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void
  /** The caller left before the answer. */
  abandoned(request: { method: string; route: string }): void
  /** A request was refused, or could not be served. */
  refused(problem: Problem, route: string): void
  /** Who read how much of a stream. */
  listed(stream: string, principal: Principal, rows: number): void
  /** An export has ended: who took how much of a stream, and whether the trail has it. */
  exported(begun: ExportIdentity, ended: ExportEnd): void
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
  readonly ending: 'complete' | 'broken' | 'abandoned'
  readonly records: number
  readonly bytes: number
  /** Whether the audit trail has the record of it. */
  readonly recorded: boolean
}

/** Seconds; the last bound is the time that the database gives a query. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createEvents({ log, metrics }: Telemetry): Events {
  const registers = [metrics]
  const requests = new Counter({
    name: 'gatelog_query_requests_total',
    help: 'Requests, by route and class of status (2xx, 4xx, 5xx), or `abandoned` where the caller left before the answer',
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
    help: 'Requests refused or not served, by the `error_code` of the answer',
    labelNames: ['code'],
    registers,
  })
  const rows = new Counter({
    name: 'gatelog_query_rows_total',
    help: 'Records answered with, by stream',
    labelNames: ['stream'],
    registers,
  })
  const exports = new Counter({
    name: 'gatelog_query_exports_total',
    help: 'Exports that have ended, by format and by outcome: complete, broken (by us) or abandoned (by the caller)',
    labelNames: ['stream', 'format', 'outcome'],
    registers,
  })
  const exportedBytes = new Counter({
    name: 'gatelog_query_export_bytes_total',
    help: 'Bytes of exports that left, by stream',
    labelNames: ['stream'],
    registers,
  })
  const unrecorded = new Counter({
    name: 'gatelog_query_exports_unrecorded_total',
    help: 'Exports whose end could not be recorded in the audit trail; that they began is',
    labelNames: ['stream'],
    registers,
  })
  const failures = new Counter({
    name: 'gatelog_query_clickhouse_failures_total',
    help: 'Queries that ClickHouse did not answer, by kind',
    labelNames: ['code'],
    registers,
  })

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
      // A failure is logged where it is answered; what caused it is known only here.
      if (status >= 500 && cause === undefined) return
      log.info({ code, status, route, ...(cause === undefined ? {} : { err: cause }) }, 'refused')
    },
    listed(stream, { subject, organizations }, count) {
      rows.inc({ stream }, count)
      log.info({ stream, subject, organizations, rows: count }, 'listed')
    },
    exported({ id, stream, format, principal: { subject, organizations } }, { ending, recorded, records, bytes }) {
      exports.inc({ stream, format, outcome: ending })
      exportedBytes.inc({ stream }, bytes)
      rows.inc({ stream }, records)
      const fields = { export: id, stream, format, subject, organizations, outcome: ending, rows: records, bytes }
      log.info(fields, 'exported')
      if (recorded) return
      unrecorded.inc({ stream })
      log.error(fields, 'the end of an export could not be recorded')
    },
    databaseFailed({ code, reason }, stream) {
      failures.inc({ code })
      log[code === 'QUERY_CANCELLED' ? 'debug' : 'warn']({ code, reason, stream }, 'ClickHouse did not answer a query')
    },
  }
}
