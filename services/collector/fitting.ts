import { MAX_AHEAD_MS, MAX_FIELD_BYTES, RETENTION_DAYS } from '../../schemas/streams/index.js'
import { ShapeError, type SourceRecord } from './sources/source.js'

export interface Fitted {
  readonly record: SourceRecord
  /** The names of the fields that had to be shortened or mended. */
  readonly changed: readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * A source's record, made to fit what a stream carries. Text that is too long is cut and broken Unicode is mended: who signs in
 * chooses some of it (a user name has no limit in Keycloak), and must not be able to keep an attempt out of the trail that way.
 *
 * @throws {ShapeError} when the record's time lies outside what is stored
 */
export function fitting(record: SourceRecord, now: number): Fitted {
  const { event_id, time, ...fields } = record
  if (time.getTime() > now + MAX_AHEAD_MS) throw new ShapeError(['the time is more than a day ahead'])
  if (time.getTime() < now - RETENTION_DAYS * DAY_MS) {
    throw new ShapeError([`the time is more than ${RETENTION_DAYS} days ago, longer than records are kept`])
  }
  const fitted = Object.entries(fields).map(([name, text]) => ({ name, text, fit: text && carried(text) }))
  return {
    record: { event_id, time, ...Object.fromEntries(fitted.map(({ name, fit }) => [name, fit])) },
    changed: fitted.filter(({ text, fit }) => fit !== text).map(({ name }) => name),
  }
}

/** Text as it can be carried: well-formed, and cut after the last whole character within the limit. */
function carried(text: string): string {
  const wellFormed = text.toWellFormed()
  if (Buffer.byteLength(wellFormed) <= MAX_FIELD_BYTES) return wellFormed
  const bytes = Buffer.from(wellFormed)
  let end = MAX_FIELD_BYTES
  // A byte of the form 10xxxxxx continues a character.
  while ((bytes.readUInt8(end) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
