import { Writable } from 'node:stream'
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { z } from 'zod'

/** What every service may be told about its log. */
export const telemetryConfig = {
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
      error: 'must be fatal, error, warn, info, debug or silent',
    })
    .default('info')
    .describe('The least severe log lines to write'),
}

export type Logger = pino.Logger

export interface Telemetry {
  readonly log: Logger
  readonly metrics: Registry
}

/**
 * A service's log (JSON lines on standard output) and its metrics registry. An error is logged by its code and message only:
 * stacks stay out of operators' way at `info`, and clients' error objects may carry requests, and with them credentials.
 */
export function createTelemetry(service: string, level: string): Telemetry {
  const metrics = new Registry()
  metrics.setDefaultLabels({ service })
  collectDefaultMetrics({ register: metrics })
  // Written at once: a line still on its way when the process ends would come after those that followed it, or not at all.
  const output = pino.destination({ fd: process.stdout.fd, sync: true })
  const log = pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    output,
  )
  return { log, metrics }
}

/** A telemetry that writes nothing, for tests. */
export function silentTelemetry(): Telemetry {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  return { log: pino({ level: 'silent' }, sink), metrics: new Registry() }
}

/** What may be said of an error in a log line: its kind, its code and its first line. */
export function describeError(error: unknown): { type: string; code?: string; message: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' }
  const { code } = error as { code?: unknown }
  return {
    type: error.name,
    ...(code === undefined ? {} : { code: String(code) }),
    message: (error.message.split('\n')[0] as string).slice(0, 500),
  }
}
