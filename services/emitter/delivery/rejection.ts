/**
 * Errors of a produce request that mean: Kafka will never take this batch, however often it is sent. Their names are
 * the Kafka protocol's. Every other error may pass, so the batch is sent again.
 *
 * https://kafka.apache.org/protocol#protocol_error_codes
 */
const FINAL: ReadonlySet<unknown> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
])

/** The protocol's name of the error if it is final for the batch, else undefined. kafkajs wraps errors in others. */
export function finalRejection(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { type, cause } = error as { readonly type?: unknown; readonly cause?: unknown }
  return FINAL.has(type) ? (type as string) : finalRejection(cause, depth + 1)
}
