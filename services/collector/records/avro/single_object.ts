import { fingerprint } from '../../../../schemas/derive/fingerprint.js'
import { readReleasedSchemas } from '../../../../schemas/derive/released.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type ReadRecord, unreadable } from '../read_record.js'
import { Cursor } from './cursor.js'
import { recordDecoder } from './record_decoder.js'

const MARKER = Buffer.from([0xc3, 0x01])
const FINGERPRINT_BYTES = 8

export function isSingleObject(body: Buffer): boolean {
  return body.subarray(0, MARKER.length).equals(MARKER)
}

/** Reads a record as it is in Kafka. @throws {Error} when the bytes are malformed */
export type ReadSingleObject = (body: Buffer) => ReadRecord

/** Avro's single-object encoding of any released version: the marker C3 01, the schema's fingerprint, the datum. */
export function singleObjectReader(stream: Stream): ReadSingleObject {
  const decoders = new Map(
    [...readReleasedSchemas(stream).values()].map((schema) => [
      fingerprint(schema).toString('hex'),
      recordDecoder(schema, stream),
    ]),
  )
  return (body) => {
    const cursor = new Cursor(body, MARKER.length)
    const decode = decoders.get(cursor.fixed(FINGERPRINT_BYTES).toString('hex'))
    if (decode === undefined) throw unreadable(`its fingerprint is that of no released schema of ${stream.name}`)
    const record = decode(cursor)
    if (!cursor.atEnd) throw unreadable('bytes follow the record')
    return record
  }
}
