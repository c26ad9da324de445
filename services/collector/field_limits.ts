import { MAX_AHEAD_MS, MAX_FIELD_BYTES, RETENTION_DAYS } from '../../schemas/streams/index.js'
import { ShapeError, type SourceRecord } from './sources/source.js'

export interface LimitedRecord {
  readonly record: SourceRecord
  /** The names of the fields that were truncated or repaired. */
  readonly changed: readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Returns the record within the stream's limits: text that is too long is truncated, and invalid Unicode is repaired.
 * People who sign in choose some of the text (Keycloak has no limit for a user name); they must not be able to keep an
 * attempt out of the audit trail.
 *
 * @throws {ShapeError} when the record's time is outside the range that is stored
 */
export function enforceFieldLimits(record: SourceRecord, now: number): LimitedRecord {
  const { event_id, time, ...fields } = record
  if (time.getTime() > now + MAX_AHEAD_MS) throw new ShapeError(['the time is more than a day ahead'])
  if (time.getTime() < now - RETENTION_DAYS * DAY_MS) {
    throw new ShapeError([`the time is more than ${RETENTION_DAYS} days ago, longer than records are kept`])
  }
  const limited = Object.entries(fields).map(([name, text]) => ({ name, text, value: text && limitText(text) }))
  return {
    record: { event_id, time, ...Object.fromEntries(limited.map(({ name, value }) => [name, value])) },
    changed: limited.filter(({ text, value }) => value !== text).map(({ name }) => name),
  }
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
