import type { OutgoingMessage } from '../ports.js'

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
/** Attributes, and the number of headers, which is 0. */
const FIXED_BYTES = 2

/**
 * How many bytes Kafka counts for a message in a record batch (`max.message.bytes`), without compression. The result is
 * up to 11 bytes too large, because parts of the size depend on the other records of the batch.
 *
 * https://kafka.apache.org/documentation/#record
 */
export function messageBytes({ key, value }: OutgoingMessage): number {
  const keyBytes = Buffer.byteLength(key)
  const lengths = lengthBytes(keyBytes) + lengthBytes(value.length)
  return VARIABLE_BYTES + FIXED_BYTES + lengths + keyBytes + value.length
}

/** The size of a length as a zigzag varint: 7 bits a byte, of which one is the sign. */
function lengthBytes(length: number): number {
  let bytes = 1
  for (let rest = length >>> 6; rest > 0; rest >>>= 7) bytes++
  return bytes
}
