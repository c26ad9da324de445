import {
  checkJson,
  type JsonField,
  type JsonObject,
  MAX_AGE_DAYS,
  MAX_FIELD_BYTES,
  type Stream,
} from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { shortenedJson } from '../../../schemas/streams/shorten_json.js'
import { type TimeFault, timeFault } from '../../../schemas/streams/time_range.js'
import type { RecordReading } from '../sources/source.js'

export interface LimitedRecord<R extends RecordReading['record']> {
  readonly record: R
  /** The names of the fields that were truncated or repaired. */
  readonly changed: readonly string[]
  /** Why the record cannot be stored; empty if it can be. */
  readonly faults: readonly string[]
}

const MESSAGES: Readonly<Record<TimeFault, string>> = {
  time_unrepresentable: 'the time is before 1970 or too late to be stored',
  time_too_early: `the time is more than ${MAX_AGE_DAYS} days ago`,
  time_too_late: 'the time is more than a day ahead',
}

/**
 * Returns the record within the stream's limits: text that is too long is truncated, JSON that is too large is
 * shortened, and invalid Unicode is repaired.
 * People who sign in choose some of the text (Keycloak has no limit for a user name); they must not be able to keep an
 * attempt out of the audit trail. A record whose time is outside the range that is stored has a fault.
 */
export function enforceFieldLimits<R extends RecordReading['record']>(
  { fields }: Stream,
  record: R,
  now: number,
): LimitedRecord<R> {
  const changed: string[] = []
  const json = new Map(fields.map((field) => [field.name, field.json]))
  const limited = Object.entries(record).map(([name, value]) => {
    if (name === 'event_id' || name === 'time') return [name, value]
    const limited = typeof value === 'string' ? limitText(value) : limitJson(value, json.get(name))
    if (limited !== value) changed.push(name)
    return [name, limited]
  })
  return { record: Object.fromEntries(limited) as R, changed, faults: timeFaults(record.time, now) }
}

function timeFaults(time: Date | string, now: number): readonly string[] {
  const micros = typeof time === 'string' ? microsFromRfc3339(time) : BigInt(time.getTime()) * 1_000n
  if (micros === undefined) return ['the time is not RFC 3339']
  const fault = timeFault(Number(micros), now)
  return fault === undefined ? [] : [MESSAGES[fault]]
}

function limitJson(value: unknown, bounds: JsonField | undefined): unknown {
  if (bounds === undefined || typeof value !== 'object' || value === null) return value
  return 'fault' in checkJson(value, bounds) ? shortenedJson(value as JsonObject, bounds) : value
}

/** Well-formed text, truncated after the last complete character within the limit. */
function limitText(text: string): string {
  const wellFormed = text.toWellFormed()
  if (Buffer.byteLength(wellFormed) <= MAX_FIELD_BYTES) return wellFormed
  const bytes = Buffer.from(wellFormed)
  let end = MAX_FIELD_BYTES
  // A byte of the form 10xxxxxx continues a character.
  while ((bytes.readUInt8(end) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
