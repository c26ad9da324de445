import { avroSchema } from '../../../schemas/derive/avro.js'
import { fingerprint } from '../../../schemas/derive/fingerprint.js'
import { MAX_RECORD_BYTES, maxBytesOf, type Stream } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import { AvroWriter } from './avro_writer.js'
import type { StampedRecord } from './check.js'

/** What precedes the datum: the marker C3 01 and the schema's fingerprint (Avro's single-object encoding). */
export function singleObjectHeader(stream: Stream): Buffer {
  return Buffer.concat([Buffer.from([0xc3, 0x01]), fingerprint(avroSchema(stream))])
}

const EVENT_ID_BYTES = 16
/** The longest time, and what a field has besides its text: the number of its type and its length. */
const MAX_LONG_BYTES = 10
const MAX_PREFIX_BYTES = 4

/** Encodes the records of a stream, and says where in their bytes the fields begin. */
export interface RecordEncoder {
  /** The position of the first field, or a little before it. */
  readonly fieldsAt: number
  encode(record: Pick<StampedRecord, 'eventId' | 'time' | 'fields'>): Buffer
  /** Whether an encoded record is larger than what ingest stores: both count the datum without its header. */
  isTooLarge(value: Buffer): boolean
}

/**
 * The encoder of a stream's records in Avro: event id, time, then each field as null or text. It writes the few forms
 * that a record has by itself, because every emit pays for it; a test compares it with avsc.
 */
export function recordEncoder(stream: Stream, header: Buffer = singleObjectHeader(stream)): RecordEncoder {
  const names = stream.fields.map(({ name }) => name)
  const longest = stream.fields.reduce((sum, field) => sum + maxBytesOf(field) + MAX_PREFIX_BYTES, 0)
  const writer = new AvroWriter(header.length + EVENT_ID_BYTES + MAX_LONG_BYTES + longest)

  return {
    fieldsAt: header.length + EVENT_ID_BYTES,
    encode({ eventId, time, fields }) {
      writer.start(header)
      writer.fixed(eventId)
      writer.long(time)
      for (const name of names) writer.optionalText(fields[name])
      return writer.finish()
    },
    isTooLarge: (value) => value.length - header.length > MAX_RECORD_BYTES,
  }
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
