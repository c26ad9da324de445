import avro from 'avsc'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { fingerprint } from '../../../schemas/derive/fingerprint.js'
import { MAX_RECORD_BYTES, type Stream } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import type { StampedRecord } from './check.js'

/** Bytes before the datum: the marker and the schema's fingerprint. */
const HEADER_BYTES = 10

/**
 * Returns the function that encodes a record as an Avro single-object encoding: the marker C3 01, the schema's
 * fingerprint, the datum.
 */
export function recordEncoder(stream: Stream): (record: Omit<StampedRecord, 'timestamp'>) => Buffer {
  const schema = avroSchema(stream)
  const type = avro.Type.forSchema(schema as avro.Schema)
  const header = Buffer.concat([Buffer.from([0xc3, 0x01]), fingerprint(schema)])
  const absent = Object.fromEntries(stream.fields.map(({ name }) => [name, null]))

  return ({ eventId, time, fields }) => {
    const datum = type.toBuffer({ ...absent, ...fields, event_id: eventId, time })
    return Buffer.concat([header, datum])
  }
}

/** Whether an encoded record is larger than what ingest stores: both count the datum without its header. */
export function isTooLarge(value: Buffer): boolean {
  return value.length - HEADER_BYTES > MAX_RECORD_BYTES
}

/**
 * Returns the function that chooses a record's Kafka key: the stages of one sign-in stay in order on one partition, and
 * no organization is so large that its partition is hot.
 */
export function recordKey(stream: Stream): (record: Pick<StampedRecord, 'eventId' | 'fields'>) => string {
  return ({ eventId, fields }) => {
    for (const name of stream.key) {
      const value = fields[name]
      if (value !== undefined) return value
    }
    return uuidText(eventId)
  }
}
