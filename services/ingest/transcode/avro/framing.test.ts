import { expect, it } from 'vitest'
import { avroSchema } from '../../../../schemas/derive/avro.js'
import { fingerprint } from '../../../../schemas/derive/fingerprint.js'
import { readReleasedSchemas } from '../../../../schemas/derive/released.js'
import { authAudits, type Stream } from '../../../../schemas/streams/index.js'
import { CONFLUENT_BYTES, fingerprintAt, framing, SINGLE_OBJECT_BYTES, schemaId } from './framing.js'
import { Source } from './source.js'

const small: Stream = {
  name: 'readings',
  record: 'Reading',
  version: 1,
  doc: 'What was read.',
  key: [],
  organizations: [],
  fields: [{ name: 'a', doc: 'A text.', cardinality: 'high' }],
}

function framed(hex: string) {
  // Neighboring bytes that would complete a cut-off header.
  const value = Buffer.from(hex, 'hex')
  const source = new Source(Buffer.concat([Buffer.from([0xc3]), value, Buffer.from('0100000000000000000000', 'hex')]))
  return framing(source, 1, 1 + value.length)
}

it.each([
  ['c301112233445566778800', SINGLE_OBJECT_BYTES],
  ['c3011122334455667788', SINGLE_OBJECT_BYTES],
  ['c30111223344556677', undefined],
  ['c302112233445566778800', undefined],
  ['c3', undefined],
  ['0000000007ff', CONFLUENT_BYTES],
  ['0000000007', CONFLUENT_BYTES],
  ['00000000', undefined],
  ['', undefined],
  ['7b7d', undefined],
])('recognizes the framing of %s', (hex, bytes) => {
  expect(framed(hex)).toBe(bytes)
})

it('reads the ids', () => {
  const source = new Source(Buffer.from('0081020304c301', 'hex'))
  expect(schemaId(source, 0)).toBe(0x81020304)
  expect(fingerprintAt(5)).toBe(7)
})

it.each([
  ['a small schema', avroSchema(small), '0537b3b4ad2a5a12'],
  ['the first release', readReleasedSchemas(authAudits).get(1), '72de6f765aea5478'],
  ['the second release', readReleasedSchemas(authAudits).get(2), '8cf8d3573e191d84'],
])('knows %s by the fingerprint that another implementation computes', (_, schema, expected) => {
  // fastavro 1.13: fingerprint(to_parsing_canonical_form(schema), 'CRC-64-AVRO')
  expect(schema && fingerprint(schema).toString('hex')).toBe(expected)
})
