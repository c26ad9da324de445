import { uuidv7obj } from 'uuidv7'
import { isAbsent } from '../../../schemas/streams/absent.js'
import type { Field, Stream } from '../../../schemas/streams/index.js'
import { isUuid, uuidBytes } from '../../../schemas/streams/uuid.js'
import type { Fault } from '../errors.js'
import { fieldText } from './field_text.js'
import { recordTime } from './record_time.js'

/** A valid record with its id and its time: what is encoded. */
export interface StampedRecord {
  readonly eventId: Buffer
  /** Microseconds since the epoch. */
  readonly time: number
  /** Kafka's timestamp, in milliseconds since the epoch. Ingest compares `time` with it. */
  readonly timestamp: number
  /** The fields that the record has. An empty text is an absent field. */
  readonly fields: Readonly<Record<string, string>>
}

/** The result of a check: the record, or all its faults. */
export type Checked = { readonly record: StampedRecord } | { readonly faults: readonly Fault[] }

/** How many faults of a record are named. */
const MAX_FAULTS = 50
/** How much of an unknown field's name is repeated, in characters. */
const MAX_NAME_LENGTH = 100

/**
 * Returns the function that checks and stamps the records of one stream. It never throws, whatever the record is: a
 * getter or a proxy that throws is a fault. `now` is the clock, in milliseconds.
 */
export function recordChecker(stream: Stream, now: () => number = Date.now): (record: unknown) => Checked {
  const declared = new Map(stream.fields.map((field) => [field.name, field]))

  return (record) => {
    try {
      if (typeof record !== 'object' || record === null || Array.isArray(record)) {
        return { faults: [{ field: '', message: 'must be an object' }] }
      }
      const timestamp = Math.floor(now())
      if (!(timestamp >= 0))
        return { faults: [{ field: '', message: 'cannot be stamped: the clock has no valid time' }] }
      return checkRecord(record as Readonly<Record<string, unknown>>, stream.name, declared, timestamp)
    } catch {
      // The error is the caller's own code: a proxy, for example. Its message may hold a value, so it is not repeated.
      return { faults: [{ field: '', message: 'cannot be read' }] }
    }
  }
}

function checkRecord(
  record: Readonly<Record<string, unknown>>,
  stream: string,
  declared: ReadonlyMap<string, Field>,
  timestamp: number,
): Checked {
  const faults: Fault[] = []
  const add = (field: string, message: string): void => {
    if (faults.length < MAX_FAULTS) faults.push({ field: field.slice(0, MAX_NAME_LENGTH), message })
  }
  const eventId = eventIdOf(read(record, 'event_id'), add)
  const time = recordTime(read(record, 'time'), timestamp)
  if ('fault' in time) add('time', time.fault)
  const fields: Record<string, string> = {}
  for (const name of Object.keys(record)) {
    if (name === 'event_id' || name === 'time') continue
    const field = declared.get(name)
    if (field === undefined) add(name, `is not a field of ${stream}`)
    else {
      const text = fieldText(field, () => record[name])
      if ('fault' in text) add(name, text.fault)
      else if (text.text !== '') fields[name] = text.text
    }
  }
  if (faults.length > 0 || 'fault' in time) return { faults }
  return { record: { eventId, time: time.micros, timestamp, fields } }
}

const UNREADABLE = Symbol('unreadable')

/** A property of the record. A getter that throws yields a value that no check accepts. */
function read(record: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return record[name]
  } catch {
    return UNREADABLE
  }
}

const ABSENT = Buffer.alloc(16)
const NIL = '00000000-0000-0000-0000-000000000000'

function eventIdOf(value: unknown, add: (field: string, message: string) => void): Buffer {
  if (isAbsent(value)) return Buffer.from(uuidv7obj().bytes)
  if (typeof value === 'string' && isUuid(value) && value !== NIL) return uuidBytes(value)
  add('event_id', 'must be a UUID other than the nil UUID')
  return ABSENT
}
