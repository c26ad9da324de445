import avro from 'avsc'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'
import { LATEST_TIME_MICROS } from '../../../schemas/streams/time_range.js'
import { recordEncoder } from './encode.js'

const type = avro.Type.forSchema(avroSchema(authAudits) as avro.Schema)
const absent = Object.fromEntries(authAudits.fields.map(({ name }) => [name, null]))
const { encode, fieldsAt } = recordEncoder(authAudits)

it('writes what avsc writes, whatever the text and its length', () => {
  const character = fc.constantFrom('a', 'é', '語', '😀', '\u007f', '\u0080', '\u0000')
  const text = fc
    .tuple(
      character,
      fc.constantFrom(1, 23, 24, 25, 31, 32, 63, 64, 2_730, 2_731, 4_095, 4_096, 8_191, 8_192),
      character,
    )
    .map(([unit, length, last]) => unit.repeat(Math.ceil(Math.max(0, length - 4) / Buffer.byteLength(unit))) + last)
    .filter((made) => Buffer.byteLength(made) <= MAX_FIELD_BYTES)
  const fields = fc.dictionary(fc.constantFrom(...authAudits.fields.map(({ name }) => name)), text, {
    noNullPrototype: true,
  })
  const time = fc.oneof(fc.constantFrom(0, 63, 64, 2 ** 30, 2 ** 31, 2 ** 32, LATEST_TIME_MICROS), fc.maxSafeNat())
  fc.assert(
    fc.property(fields, time, fc.uint8Array({ minLength: 16, maxLength: 16 }), (given, micros, id) => {
      const eventId = Buffer.from(id)
      const datum = type.toBuffer({
        ...absent,
        ...given,
        event_id: eventId,
        time: Math.min(micros, LATEST_TIME_MICROS),
      })
      const encoded = encode({ eventId, time: Math.min(micros, LATEST_TIME_MICROS), fields: given })
      expect(encoded.subarray(10).equals(datum)).toBe(true)
    }),
  )
})

it('says where the fields begin: after the id, which is random and has no secret', () => {
  expect(fieldsAt).toBe(26)
})
