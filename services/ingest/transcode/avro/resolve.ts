import avro, { type Schema } from 'avsc'

/** Turns a datum of a writer's schema into one of the reader's; undefined when it is not of the writer's. */
export type Resolve = (datum: Uint8Array) => Uint8Array | undefined

/**
 * What resolves data of the schema `writer` to the schema `reader` (Apache Avro 1.12, "Schema Resolution"), or undefined where the two
 * cannot be resolved. A writer's schema is a flat record: one that nests arrays, maps or records is refused, since a datum of few bytes
 * could then unfold to any size.
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
      // avsc's messages quote what the record holds, and all of them say the same.
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

/** The schema with every text read as bytes, which have the same form: so that malformed text reaches the walk as it was sent. */
function flatRecord(schema: Schema): Schema {
  const { type, fields } = schema as { type?: unknown; fields?: readonly { readonly type?: unknown }[] }
  if (type !== 'record' || fields === undefined) throw new Error('A writer’s schema must be a record.')
  const flat = { ...(schema as object), fields: fields.map((field) => ({ ...field, type: flatType(field.type) })) }
  return flat as unknown as Schema
}

/** Of a type that nests others, only its name is left here, which by itself names no type: so avsc refuses it. */
function flatType(type: unknown): unknown {
  if (Array.isArray(type)) return type.map(flatType)
  if (typeof type === 'string') return type === 'string' ? 'bytes' : type
  const { type: kind } = type as { type?: unknown }
  return kind === 'fixed' || kind === 'enum' ? type : flatType(kind)
}
