import { createRequire } from 'node:module'

/** The part of `@opentelemetry/api` that is used. */
interface OpenTelemetry {
  readonly trace: { getActiveSpan(): { spanContext(): { readonly traceId: string } } | undefined }
}

const INVALID = /^0*$/

/**
 * The trace id of the active OpenTelemetry span, if the program has `@opentelemetry/api` and a span is active. The
 * package is optional: a program that traces has it.
 */
export function activeTraceId(): string | undefined {
  const traceId = api?.trace.getActiveSpan()?.spanContext().traceId
  return traceId === undefined || INVALID.test(traceId) ? undefined : traceId
}

const api = load()

function load(): OpenTelemetry | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetry
  } catch {
    return undefined
  }
}
