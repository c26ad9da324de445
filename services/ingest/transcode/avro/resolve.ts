import avro, { type Schema } from 'avsc'

/** Converts a datum from the writer's to the reader's schema; undefined if it doesn't match the writer's. */
export type Resolve = (datum: Uint8Array) => Uint8Array | undefined

/**
 * Returns the resolution from the schema `writer` to the schema `reader` (Apache Avro 1.12, "Schema Resolution"), or
 * undefined if there is none. The writer's schema must be a flat record: with nested arrays, maps or records a small
 * datum could expand to any size.
 */
export function resolver(reader: Schema, writer: Schema): Resolve | undefined {
  const types = resolvable(reader, writer)
  if (types === undefined) return undefined
  const { target, resolution } = types
  return (datum) => {
    try {
      const bytes = Buffer.from(datum.buffer, datum.byteOffset, datum.byteLength)
      return target.toBuffer(target.fromBuffer(bytes, resolution))
    } catch {
      // avsc's messages quote the record, so they must not be logged.
      return undefined
    }
  }
}

function resolvable(reader: Schema, writer: Schema) {
  try {
    const target = avro.Type.forSchema(flatRecord(reader))
    return { target, resolution: target.createResolver(avro.Type.forSchema(flatRecord(writer))) }
  } catch {
    return undefined
  }
}

/**
 * The schema with `bytes` in place of `string`, which is encoded alike: so the walk sees malformed text as it was sent.
 */
function flatRecord(schema: Schema): Schema {
  const { type, fields } = schema as { type?: unknown; fields?: readonly { readonly type?: unknown }[] }
  if (type !== 'record' || fields === undefined) throw new Error('The writer’s schema must be a record.')
  const flat = { ...(schema as object), fields: fields.map((field) => ({ ...field, type: flatType(field.type) })) }
  return flat as unknown as Schema
}

/** A nested type is reduced to its name (such as `array`), which avsc rejects. */
function flatType(type: unknown): unknown {
  if (Array.isArray(type)) return type.map(flatType)
  if (typeof type === 'string') return type === 'string' ? 'bytes' : type
  const { type: kind } = type as { type?: unknown }
  return kind === 'fixed' || kind === 'enum' ? type : flatType(kind)
}
