import { isText, type Stream } from '../../../../schemas/streams/index.js'
import { rfc3339FromMicros } from '../../../../schemas/streams/rfc3339.js'
import { uuidText } from '../../../../schemas/streams/uuid.js'
import type { Fault } from '../../../emitter/index.js'
import { type ReadRecord, unreadable } from '../read_record.js'
import type { Cursor } from './cursor.js'

/** Reads the record that the cursor is at. */
export type DecodeRecord = (cursor: Cursor) => ReadRecord

/** Reads one value; what is wrong with it goes to `fault`. */
type Decode = (cursor: Cursor, fault: (message: string) => void) => unknown

/** Far more than a stream has. */
const MAX_FIELDS = 1_000

/**
 * The decoder for a writer's schema: a record whose fields are texts, each perhaps null. `event_id` may be 16 bytes and
 * `time` a timestamp. The emitter decides which fields there are.
 *
 * @throws {Problem} 400 for any other schema
 */
export function recordDecoder(schema: unknown, { fields: declared }: Stream): DecodeRecord {
  const { type, fields } = (schema ?? {}) as { type?: unknown; fields?: unknown }
  if (type !== 'record' || !Array.isArray(fields) || fields.length > MAX_FIELDS) {
    throw unreadable('its Avro schema must be a record')
  }
  const json = new Set(declared.filter((field) => !isText(field)).map(({ name }) => name))
  const decoders = fields.map((field: unknown) => {
    const { name, type } = (field ?? {}) as { name?: unknown; type?: unknown }
    if (typeof name !== 'string') throw unreadable('its Avro schema has a field without a name')
    const decode = decoderOf(type)
    if (decode === undefined) {
      throw unreadable(
        `the field ${name.slice(0, 100)} of its Avro schema must be text, null, a timestamp, or 16 fixed bytes`,
      )
    }
    return { name, decode: json.has(name) ? jsonOf(decode) : decode }
  })
  if (new Set(decoders.map(({ name }) => name)).size < decoders.length) {
    throw unreadable('its Avro schema has two fields of one name')
  }
  return (cursor) => {
    const faults: Fault[] = []
    const record = new Map(
      decoders.map(({ name, decode }) => [
        name,
        decode(cursor, (message) => faults.push({ field: name.slice(0, 100), message })),
      ]),
    )
    return faults.length > 0 ? { faults } : { record: withoutAbsent(record) }
  }
}

/** A null is an absent field. */
function withoutAbsent(record: ReadonlyMap<string, unknown>): object {
  return Object.fromEntries([...record].filter(([, value]) => value !== undefined))
}

function decoderOf(type: unknown): Decode | undefined {
  if (Array.isArray(type)) return unionOf(type)
  const {
    type: name,
    logicalType,
    size,
  } = (typeof type === 'string' ? { type } : (type ?? {})) as {
    type?: unknown
    logicalType?: unknown
    size?: unknown
  }
  if (name === 'null') return () => undefined
  if (name === 'string') return text
  if (name === 'fixed' && size === 16) return (cursor) => uuidText(cursor.fixed(16))
  if (name === 'long' && logicalType === 'timestamp-millis') return timeIn(1_000n)
  // Some libraries leave the logical type out. A time in another unit is years away, and the emitter rejects it.
  if (name === 'long') return timeIn(1n)
  return undefined
}

const MAX_BRANCHES = 8

function unionOf(types: readonly unknown[]): Decode | undefined {
  // A union in a union is not Avro.
  if (types.length > MAX_BRANCHES || types.some(Array.isArray)) return undefined
  const branches = types.map(decoderOf)
  if (branches.includes(undefined)) return undefined
  return (cursor, fault) => {
    const branch = branches[cursor.size()]
    if (branch === undefined) throw new RangeError('A union has no such branch.')
    return branch(cursor, fault)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const text: Decode = (cursor, fault) => {
  const bytes = cursor.lengthAndBytes()
  try {
    return utf8.decode(bytes)
  } catch {
    fault('must be UTF-8')
    return undefined
  }
}

function timeIn(micros: bigint): Decode {
  return (cursor, fault) => {
    const value = cursor.long()
    try {
      return rfc3339FromMicros(value * micros)
    } catch {
      fault('must be a time that can be stored')
      return undefined
    }
  }
}

/** A list or an object is JSON text in Avro; the emitter takes the value itself. */
function jsonOf(decode: Decode): Decode {
  return (cursor, fault) => {
    const value = decode(cursor, fault)
    if (typeof value !== 'string' || value === '') return value
    try {
      return JSON.parse(value)
    } catch {
      fault('must be JSON text')
      return undefined
    }
  }
}
