import type { AvroRecord } from './avro.js'

/**
 * The 64-bit Rabin fingerprint of a schema, as eight little-endian bytes. In Avro's single-object encoding it follows
 * the marker (Apache Avro 1.12, "Schema Fingerprints" and "Single-object encoding").
 */
export function fingerprint(schema: AvroRecord): Buffer {
  let value = EMPTY
  for (const byte of Buffer.from(canonicalForm(schema), 'utf8')) {
    value = (value >> 8n) ^ (TABLE[Number((value ^ BigInt(byte)) & 0xffn)] as bigint)
  }
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

const EMPTY = 0xc15d213aa4d7a795n
const TABLE: readonly bigint[] = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (EMPTY & -(value & 1n))
  return value
})

/**
 * Parsing Canonical Form: only the attributes that affect parsing, in a fixed order, without white space, with full
 * names (Apache Avro 1.12, "Transforming into Parsing Canonical Form").
 */
export function canonicalForm(schema: AvroRecord): string {
  return JSON.stringify(canonical(schema, schema.namespace))
}

interface Named {
  readonly type: string
  readonly name: string
  readonly size?: number
  readonly fields?: readonly { readonly name: string; readonly type: unknown }[]
}

function canonical(schema: unknown, namespace: string): unknown {
  if (typeof schema === 'string') return schema
  if (Array.isArray(schema)) return schema.map((branch) => canonical(branch, namespace))
  const { type, name, size, fields } = schema as Named
  const fullName = name?.includes('.') ? name : `${namespace}.${name}`
  switch (type) {
    case 'record':
      return {
        name: fullName,
        type,
        fields: fields?.map((field) => ({ name: field.name, type: canonical(field.type, namespace) })),
      }
    case 'fixed':
      return { name: fullName, type, size }
    default:
      return type
  }
}
