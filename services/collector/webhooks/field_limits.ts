import { MAX_FIELD_BYTES, RETENTION_DAYS } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { type TimeFault, timeFault } from '../../../schemas/streams/time_range.js'
import type { SourceAction, SourceRecord } from '../sources/source.js'

export interface LimitedRecord<R extends SourceRecord | SourceAction> {
  readonly record: R
  /** The names of the fields that were truncated or repaired. */
  readonly changed: readonly string[]
  /** Why the record cannot be stored; empty if it can be. */
  readonly faults: readonly string[]
}

const MESSAGES: Readonly<Record<TimeFault, string>> = {
  time_unrepresentable: 'the time is before 1970 or too late to be stored',
  time_too_early: `the time is more than ${RETENTION_DAYS} days ago, longer than records are kept`,
  time_too_late: 'the time is more than a day ahead',
}

/**
 * Returns the record within the stream's limits: text that is too long is truncated, and invalid Unicode is repaired.
 * People who sign in choose some of the text (Keycloak has no limit for a user name); they must not be able to keep an
 * attempt out of the audit trail. A record whose time is outside the range that is stored has a fault.
 */
export function enforceFieldLimits<R extends SourceRecord | SourceAction>(record: R, now: number): LimitedRecord<R> {
  const changed: string[] = []
  const limited = Object.entries(record).map(([name, value]) => {
    if (typeof value !== 'string' || name === 'event_id' || name === 'time') return [name, value]
    const text = limitText(value)
    if (text !== value) changed.push(name)
    return [name, text]
  })
  return { record: Object.fromEntries(limited) as R, changed, faults: timeFaults(record.time, now) }
}

function timeFaults(time: Date | string, now: number): readonly string[] {
  const micros = typeof time === 'string' ? microsFromRfc3339(time) : BigInt(time.getTime()) * 1_000n
  if (micros === undefined) return ['the time is not RFC 3339']
  const fault = timeFault(Number(micros), now)
  return fault === undefined ? [] : [MESSAGES[fault]]
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
