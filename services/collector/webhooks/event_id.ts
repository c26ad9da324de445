import { createHash } from 'node:crypto'
import { uuidText } from '../../../schemas/streams/uuid.js'

/**
 * The `event_id` for a source's own `id`: the same for every delivery, and different for every source.
 *
 * It is a UUIDv8 (RFC 9562, section 5.8) with the layout of a UUIDv7: the milliseconds of `time` in the first 48 bits,
 * and 74 bits of SHA-256 instead of random ones. A UUIDv5 would be as stable but not sorted by time, and tables sort
 * and compress by this id.
 *
 * @param time the event's time as the source gives it. It is part of the id, so it must be the same in every delivery.
 */
export function eventIdOf(source: string, id: string, time: Date): string {
  const bytes = createHash('sha256').update(`${source}\0${id}`).digest().subarray(0, 16)
  bytes.writeUIntBE(time.getTime(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return uuidText(bytes)
}
