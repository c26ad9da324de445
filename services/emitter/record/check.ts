import { uuidv7obj } from 'uuidv7'
import { checkList, type Field, listText, MAX_FIELD_BYTES, type Stream } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { isUuid, uuidBytes } from '../../../schemas/streams/uuid.js'
import type { Fault } from '../errors.js'

/** A record that was checked and stamped: what is encoded. */
export interface StampedRecord {
  readonly eventId: Buffer
  /** Microseconds since the epoch. */
  readonly time: number
  /** The fields that the record has; an empty text is an absent field. */
  readonly fields: Readonly<Record<string, string>>
}

/** The answer of a check: the record, or everything that is wrong with it. */
export type Checked = { readonly record: StampedRecord } | { readonly faults: readonly Fault[] }

/** Returns what checks and stamps the records of one stream. `now` is the clock, in milliseconds. */
export function recordChecker(stream: Stream, now: () => number = Date.now) {
  const declared = new Map(stream.fields.map((field) => [field.name, field]))

  return (record: unknown): Checked => {
    const faults: Fault[] = []
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      return { faults: [{ field: '', message: 'must be an object' }] }
    }
    const { event_id, time, ...rest } = record as Record<string, unknown>
    const eventId = eventIdOf(event_id, faults)
    const micros = timeOf(time, now, faults)
    const fields: Record<string, string> = {}
    for (const [name, value] of Object.entries(rest)) {
      const field = declared.get(name)
      if (field === undefined) faults.push({ field: name, message: `is not a field of ${stream.name}` })
      else if (value !== undefined && value !== null && value !== '') {
        const carried = carriedText(field, value)
        if ('fault' in carried) faults.push({ field: name, message: carried.fault })
        else if (carried.text !== '') fields[name] = carried.text
      }
    }
    return faults.length > 0 ? { faults } : { record: { eventId, time: micros, fields } }
  }
}

const ABSENT = Buffer.alloc(16)
const NIL = '00000000-0000-0000-0000-000000000000'

function eventIdOf(value: unknown, faults: Fault[]): Buffer {
  if (value === undefined || value === null || value === '') return Buffer.from(uuidv7obj().bytes)
  if (typeof value !== 'string' || !isUuid(value) || value === NIL) {
    faults.push({ field: 'event_id', message: 'must be a UUID other than the nil UUID' })
    return ABSENT
  }
  return uuidBytes(value)
}

function timeOf(value: unknown, now: () => number, faults: Fault[]): number {
  if (value === undefined || value === null || value === '') return now() * 1000
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime() * 1000
  const micros = typeof value === 'string' ? microsFromRfc3339(value) : undefined
  if (micros === undefined) {
    faults.push({ field: 'time', message: 'must be a Date or RFC 3339 text such as 2026-01-31T12:00:00.000000Z' })
    return 0
  }
  return Number(micros)
}

/** A field's value as the text that carries it, or what is wrong with it. */
function carriedText({ list }: Field, value: unknown): { readonly text: string } | { readonly fault: string } {
  if (list === undefined) return checkedText(value)
  const checked = checkList(value, list)
  return 'fault' in checked ? checked : checkedText(listText(checked.entries))
}

function checkedText(value: unknown): { readonly text: string } | { readonly fault: string } {
  if (typeof value !== 'string') return { fault: 'must be text' }
  // A character takes at most three bytes for each of its UTF-16 units: short texts need no count.
  if (value.length * 3 > MAX_FIELD_BYTES && Buffer.byteLength(value) > MAX_FIELD_BYTES) {
    return { fault: `must be at most ${MAX_FIELD_BYTES} bytes long` }
  }
  if (!value.isWellFormed()) return { fault: 'must be well-formed Unicode (it has a lone surrogate)' }
  return { text: value }
}
