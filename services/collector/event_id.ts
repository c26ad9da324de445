import { createHash } from 'node:crypto'
import { uuidText } from '../../schemas/streams/uuid.js'

/**
 * The `event_id` of what a source calls `id`: the same one however often it is sent, and another one for every other source.
 *
 * A UUIDv8 (RFC 9562, section 5.8). A hash of the name alone (UUIDv5) would be as stable, but scattered: the emitter's own ids are
 * UUIDv7, and tables that sort and compress by them count on ids that begin with the time. So this one is laid out as a UUIDv7,
 * with the milliseconds of `time` in its first 48 bits and 74 bits of SHA-256 where a UUIDv7 has random ones.
 *
 * @param time when it happened, as the source tells it; a part of the id, so it must be the same each time
 */
export function eventIdOf(source: string, id: string, time: Date): string {
  const bytes = createHash('sha256').update(`${source}\0${id}`).digest().subarray(0, 16)
  bytes.writeUIntBE(time.getTime(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return uuidText(bytes)
}
