import type { Source } from './source.js'

/** Bytes before the datum in an Avro single-object encoding: C3 01, then the schema's fingerprint (Apache Avro 1.12). */
export const SINGLE_OBJECT_BYTES = 10

/** Bytes before the datum in the Confluent wire format: 00, then the schema's id in the registry, big-endian. */
export const CONFLUENT_BYTES = 5

/** How the value from `start` up to `end` is framed: the bytes before its datum, or undefined where it is neither way. */
export function framing(
  { bytes }: Source,
  start: number,
  end: number,
): typeof SINGLE_OBJECT_BYTES | typeof CONFLUENT_BYTES | undefined {
  const marker = bytes[start]
  if (marker === 0xc3 && bytes[start + 1] === 0x01 && end - start >= SINGLE_OBJECT_BYTES) return SINGLE_OBJECT_BYTES
  if (marker === 0x00 && end - start >= CONFLUENT_BYTES) return CONFLUENT_BYTES
  return undefined
}

/** Where the fingerprint stands in a single-object encoding that begins at `start`. */
export function fingerprintAt(start: number): number {
  return start + 2
}

/** The registry's id in a Confluent value that begins at `start`. */
export function schemaId({ view }: Source, start: number): number {
  return view.getUint32(start + 1)
}
