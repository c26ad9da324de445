import avro, { type Schema } from 'avsc'
import { avroSchema } from '../../../../schemas/derive/avro.js'
import type { Stream } from '../../../../schemas/streams/index.js'

/**
 * The layout of a schema's data, if it is like that of the stream's newest schema: the event id, the time, then texts
 * or null. Every release has such a layout, so older records are walked as fast as new ones.
 */
export interface Layout {
  /** The index of the stream's field for each text of a datum, in the order of the datum. */
  readonly fields: Int32Array
  /** The indexes of the stream's fields that a datum doesn't have. */
  readonly missing: Int32Array
}

/**
 * The layout of a schema's data; undefined if it differs, or if the schema has a field that the stream doesn't have.
 */
export function layoutOf(stream: Stream, schema: Schema): Layout | undefined {
  const [envelope, texts] = shape(schema) ?? []
  if (texts === undefined || envelope !== shape(avroSchema(stream) as Schema)?.[0]) return undefined
  const names = stream.fields.map(({ name }) => name)
  const fields = texts.map((name) => names.indexOf(name))
  if (fields.includes(-1)) return undefined
  const missing = [...names.keys()].filter((field) => !fields.includes(field))
  return { fields: Int32Array.from(fields), missing: Int32Array.from(missing) }
}

const TEXT = JSON.stringify(['null', 'string'])

/** The name and first two fields of a schema in canonical form, and the names of its other fields if all are texts. */
function shape(schema: Schema): [envelope: string, texts: readonly string[]] | undefined {
  try {
    // avsc's form of a schema leaves out documentation and other attributes that don't affect the data.
    const { name, type, fields } = avro.Type.forSchema(schema).schema() as unknown as Form
    if (type !== 'record') return undefined
    const [eventId, time, ...texts] = fields
    if (!texts.every((field) => JSON.stringify(field.type) === TEXT)) return undefined
    return [JSON.stringify([name, eventId, time]), texts.map((field) => field.name)]
  } catch {
    return undefined
  }
}

interface Form {
  readonly name: string
  readonly type: string
  readonly fields: readonly { readonly name: string; readonly type: unknown }[]
}
