import avro, { type Schema } from 'avsc'
import { avroSchema } from '../../../../schemas/derive/avro.js'
import type { Stream } from '../../../../schemas/streams/index.js'

/**
 * How the data of a schema lie, where they lie as those of the stream's newest schema do: the event id, the time, then texts or null. Every
 * release is such a schema, so that older records are walked as fast as new ones.
 */
export interface Layout {
  /** For each text of a datum, in the datum's order, the number of the stream's field that it belongs to. */
  readonly fields: Int32Array
  /** The numbers of the stream's fields that a datum does not have. */
  readonly missing: Int32Array
}

/** The layout of a schema's data, or undefined where they lie otherwise or hold what the stream has no field for. */
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

/** The schema's name and first two fields, in one form for all that mean the same, and the names of its others if they all are texts. */
function shape(schema: Schema): [envelope: string, texts: readonly string[]] | undefined {
  try {
    // avsc's own form of a schema leaves out what says nothing of the data.
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
