/** A message for a producer, as kafkajs takes it. */
export interface SizedMessage {
  readonly key: string | Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, string | Buffer>>
}

/**
 * The bytes of a record batch before its records: offset 8, length 4, leader epoch 4, magic 1, CRC 4, attributes 2,
 * last offset delta 4, timestamps 16, producer id 8, epoch 2, sequence 4, record count 4.
 *
 * https://kafka.apache.org/documentation/#recordbatch
 */
export const BATCH_HEADER_BYTES = 61

/**
 * The parts of a record whose size depends on its batch, at their largest: length 4, timestamp delta 7, offset delta 3.
 * With these the size is right for batches up to 128 MiB, a million records and 35 years between timestamps.
 */
const VARIABLE_BYTES = 14
const ATTRIBUTES_BYTES = 1

/**
 * How many bytes Kafka counts for a message in a record batch (`max.message.bytes`), without compression. The result is
 * up to 11 bytes too large, because parts of the size depend on the other records of the batch.
 *
 * https://kafka.apache.org/documentation/#record
 */
export function messageBytes({ key, value, headers }: SizedMessage): number {
  let bytes = VARIABLE_BYTES + ATTRIBUTES_BYTES + sizedBytes(key) + sizedBytes(value)
  let count = 0
  for (const name in headers) {
    bytes += sizedBytes(name) + sizedBytes(headers[name] ?? null)
    count++
  }
  return bytes + varintBytes(count)
}

/** The size of bytes or text with the length before them. The length of null is -1. */
function sizedBytes(content: string | Buffer | null): number {
  if (content === null) return 1
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length
  return varintBytes(length) + length
}

/** The size of a count as a zigzag varint: 7 bits a byte, of which the first has a sign. */
function varintBytes(count: number): number {
  let bytes = 1
  for (let rest = count >>> 6; rest > 0; rest >>>= 7) bytes++
  return bytes
}
