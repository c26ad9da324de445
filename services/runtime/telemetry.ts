import { Writable } from 'node:stream'
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { z } from 'zod'

/** The configuration of a service's log. */
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
 * A service's log (JSON lines on standard output) and its metrics registry. The log has only code and message of an
 * error: the error objects of clients may hold requests, and with them credentials.
 */
export function createTelemetry(service: string, level: string): Telemetry {
  const metrics = new Registry()
  metrics.setDefaultLabels({ service })
  collectDefaultMetrics({ register: metrics })
  // Synchronous: an asynchronous destination loses its last lines when the process exits.
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

/** Telemetry that writes nothing, for tests. */
export function silentTelemetry(): Telemetry {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  return { log: pino({ level: 'silent' }, sink), metrics: new Registry() }
}

/** What a log line says of an error: its class, its code and the first line of its message. */
export function describeError(error: unknown): { type: string; code?: string; message: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' }
  const { code } = error as { code?: unknown }
  return {
    type: error.name,
    ...(code === undefined ? {} : { code: String(code) }),
    message: (error.message.split('\n')[0] as string).slice(0, 500),
  }
}
