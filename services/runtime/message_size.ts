/** A message as it goes to a producer. */
export interface OutgoingMessage {
  readonly key: string | Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, string>>
}

/** The header of a record batch (Apache Kafka, "Message Format": Record Batch). */
export const BATCH_OVERHEAD_BYTES = 61
/** The most that a variable-length 32-bit number takes. */
const VARINT_BYTES = 5
/** A record's length, timestamp delta, offset delta, key length, value length and header count, and its attributes. */
const RECORD_OVERHEAD_BYTES = 6 * VARINT_BYTES + 5 + 1

/**
 * The bytes that a message takes in a record batch, at most: Kafka holds the encoded batch against `max.message.bytes`,
 * and keys, headers and lengths count as the value does.
 */
export function encodedBytes({ key, value, headers }: OutgoingMessage): number {
  let bytes = RECORD_OVERHEAD_BYTES + length(key) + (value?.length ?? 0)
  for (const name in headers) bytes += 2 * VARINT_BYTES + Buffer.byteLength(name) + length(headers[name] ?? null)
  return bytes
}

function length(text: string | Buffer | null): number {
  if (text === null) return 0
  return typeof text === 'string' ? Buffer.byteLength(text) : text.length
}
