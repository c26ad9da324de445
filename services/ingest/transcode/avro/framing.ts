import type { Source } from './source.js'

/**
 * Length of an Avro single-object header: C3 01, then the schema's fingerprint (Apache Avro 1.12, "Single-object
 * encoding").
 */
export const SINGLE_OBJECT_BYTES = 10

/** Length of the Confluent wire format's header: 00, then the schema's id in the registry, big-endian. */
export const CONFLUENT_BYTES = 5

/** The length of the header of the value from `start` to before `end`; undefined if it has neither header. */
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

/** Position of the fingerprint in a single-object encoding that starts at `start`. */
export function fingerprintAt(start: number): number {
  return start + 2
}

/** The schema id in a Confluent value that starts at `start`. */
export function schemaId({ view }: Source, start: number): number {
  return view.getUint32(start + 1)
}
