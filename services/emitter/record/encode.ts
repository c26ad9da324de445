import avro from 'avsc'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { fingerprint } from '../../../schemas/derive/fingerprint.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import type { StampedRecord } from './check.js'

/**
 * Returns what turns a record into an Avro single-object encoding: the marker C3 01, the schema's fingerprint, the
 * datum.
 */
export function recordEncoder(stream: Stream): (record: StampedRecord) => Buffer {
  const schema = avroSchema(stream)
  const type = avro.Type.forSchema(schema as avro.Schema)
  const header = Buffer.concat([Buffer.from([0xc3, 0x01]), fingerprint(schema)])
  const absent = Object.fromEntries(stream.fields.map(({ name }) => [name, null]))

  return ({ eventId, time, fields }) => {
    const datum = type.toBuffer({ ...absent, ...fields, event_id: eventId, time })
    return Buffer.concat([header, datum])
  }
}

/**
 * Returns what gives a record its Kafka key: the stages of one sign-in stay in order on one partition, and no
 * organization is so large that its partition is hot.
 */
export function recordKey(stream: Stream): (record: StampedRecord) => string {
  return ({ eventId, fields }) => {
    for (const name of stream.key) {
      const value = fields[name]
      if (value !== undefined) return value
    }
    return uuidText(eventId)
  }
}
