import type { Schema } from 'avsc'
import { describe, expect, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import {
  authAudits,
  MAX_AGE_DAYS,
  MAX_AHEAD_MS,
  MAX_FIELD_BYTES,
  MAX_RECORD_BYTES,
} from '../../../schemas/streams/index.js'
import {
  confluent,
  type Datum,
  datumEncoder,
  rangeOf,
  singleObject,
} from '../../../test/fixtures/records/avro_values.js'
import { readNativeBlock } from '../../../test/fixtures/records/native_block.js'
import { createTranscoder, NOT_AVRO, type Reason, type Registry, reasons } from './index.js'

const NOON = Date.UTC(2026, 0, 15, 12)
const DAY_MS = 24 * 60 * 60 * 1000
const SECRET = 'c0ffee-secret'
const provenance = { topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566', partition: 0, ingestedAt: NOON }

const schema = avroSchema(authAudits)
const encode = datumEncoder(authAudits)
const datum = (fields: Datum = {}) =>
  encode({ event_id: Buffer.alloc(16, 7), time: NOON * 1000, user_id: SECRET, ...fields })
const value = (fields: Datum = {}) => singleObject(schema, datum(fields))
/** The bytes before the first field: header, event id, time. */
const FIELDS_AT = 10 + 16 + 8

/** Replaces `removed` bytes at `at` with `bytes`. */
const spliced = (at: number, removed: number, bytes: readonly number[], whole = value()) =>
  Buffer.concat([whole.subarray(0, at), Buffer.from(bytes), whole.subarray(at + removed)])

/** Texts that make a datum of exactly `bytes` bytes. */
function filled(bytes: number): Buffer {
  const names = authAudits.fields.map(({ name }) => name)
  const texts: Record<string, string> = {}
  for (const name of names) {
    const missing = bytes - datum({ ...texts, user_id: null }).length
    // The encoding of a length takes two bytes from 64 bytes of text on.
    if (name === 'user_id' || missing < 100) continue
    texts[name] = 'x'.repeat(Math.min(MAX_FIELD_BYTES, missing - 2))
  }
  return datum({ ...texts, user_id: null })
}

const SCHEMA_UNREADABLE = 8
const SCHEMA_OTHER = 9
const SCHEMA_NOT_AVRO = 10
const registry: Registry = (id) => {
  if (id === SCHEMA_UNREADABLE) return { type: 'record', name: 'gatelog.Other', fields: [] }
  if (id === SCHEMA_NOT_AVRO) return NOT_AVRO
  if (id === SCHEMA_OTHER) return { ...schema, fields: schema.fields.slice(0, 4).reverse() } as Schema
  return null
}

/**
 * At least one record for each reason; the compiler checks that none is missing. (This stream has neither lists nor
 * JSON: see lists.test.ts and json.test.ts.)
 */
type Elsewhere = 'no_registry' | 'bad_list' | 'bad_json'
const poisonous: Readonly<Record<Exclude<Reason, Elsewhere>, readonly (Uint8Array | null)[]>> = {
  no_value: [null],
  unknown_framing: [
    Buffer.alloc(0),
    Buffer.from('{"user_id":"c0ffee-secret"}'),
    value().subarray(0, 9),
    Buffer.from([0, 0, 0, 1]),
  ],
  unknown_fingerprint: [spliced(2, 1, [0xff]), spliced(9, 1, [0xff])],
  unknown_schema_id: [confluent(404, datum())],
  schema_not_avro: [confluent(SCHEMA_NOT_AVRO, datum())],
  unreadable_schema: [confluent(SCHEMA_UNREADABLE, datum())],
  unresolvable: [
    confluent(SCHEMA_OTHER, datum().subarray(0, 20)),
    confluent(SCHEMA_OTHER, Buffer.concat([datum(), datum()])),
  ],
  record_too_large: [
    Buffer.concat([value(), Buffer.alloc(MAX_RECORD_BYTES)]),
    confluent(SCHEMA_OTHER, Buffer.concat([datum(), Buffer.alloc(MAX_RECORD_BYTES)])),
  ],
  truncated: [
    ...[10, 25, 26, 33, FIELDS_AT, FIELDS_AT + 1, FIELDS_AT + 2, FIELDS_AT + 9].map((end) => value().subarray(0, end)),
    value().subarray(0, -1),
    spliced(FIELDS_AT + 1, 1, [0x80]).subarray(0, FIELDS_AT + 2),
    spliced(FIELDS_AT + 1, 1, [0xfe, 0xff, 0xff, 0xff, 0x0f]),
  ],
  trailing_bytes: [Buffer.concat([value(), Buffer.from([0])]), Buffer.concat([value(), value()])],
  bad_varint: [
    spliced(26, 8, Array(11).fill(0x80)),
    spliced(FIELDS_AT, 1, Array(10).fill(0xff)),
    spliced(FIELDS_AT + 1, 1, Array(10).fill(0xff)),
  ],
  bad_union: [spliced(FIELDS_AT, 1, [4]), spliced(FIELDS_AT, 1, [1]), spliced(FIELDS_AT, 1, [0x84, 0x00])],
  bad_length: [spliced(FIELDS_AT + 1, 1, [1]), spliced(FIELDS_AT + 1, 1, [0x81, 0x01])],
  field_too_large: [
    value({ session: 'x'.repeat(MAX_FIELD_BYTES + 1) }),
    value({ session: 'é'.repeat(MAX_FIELD_BYTES / 2 + 1) }),
  ],
  invalid_utf8: [
    spliced(FIELDS_AT + 2, 1, [0xff]),
    spliced(FIELDS_AT + 2 + SECRET.length - 1, 1, [0xc3]),
    spliced(FIELDS_AT + 2, 3, [0xed, 0xa0, 0x80]),
  ],
  nil_event_id: [value({ event_id: Buffer.alloc(16) })],
  time_unrepresentable: [
    value({ time: -1 }),
    value({ time: Date.UTC(2107, 0) * 1000 }),
    spliced(26, 8, [...Array(9).fill(0xff), 0x01]),
  ],
  time_too_early: [value({ time: (NOON - MAX_AGE_DAYS * DAY_MS) * 1000 - 1 }), value({ time: 0 })],
  time_too_late: [value({ time: (NOON + MAX_AHEAD_MS) * 1000 + 1 })],
}

const transcoder = createTranscoder({ stream: authAudits, schemas: new Map(), registry })

function transcode(values: readonly (Uint8Array | null)[], timestamp = NOON) {
  const { days, poison } = transcoder.transcode(rangeOf(values, { timestamp }), provenance)
  return { poison, rows: days.flatMap(({ pieces }) => readNativeBlock(Buffer.concat(pieces)).rows) }
}

describe.each(Object.entries(poisonous))('%s', (reason, values) => {
  it.each(values.map((poison, index) => [index, poison] as const))(
    'is reported for record %d, and its neighbors are stored',
    (_, poison) => {
      const neighbors = [
        value({ session: 'first', user_agent: 'one' }),
        value({ session: 'second', user_agent: 'two' }),
      ]
      const { poison: found, rows } = transcode([...neighbors.slice(0, 1), poison, ...neighbors.slice(1)])
      expect(found.map((each) => [each.index, each.reason])).toEqual([[1, reason]])
      expect(rows).toEqual(transcode([neighbors[0] ?? null, null, neighbors[1] ?? null]).rows)
      expect(rows.map((row) => [row.kafka_offset, String(row.session), String(row.user_agent)])).toEqual([
        [0n, 'first', 'one'],
        [2n, 'second', 'two'],
      ])
    },
  )

  it('is described without quoting the record', () => {
    for (const { detail } of transcode(values).poison) {
      expect(detail).toContain(reasons[reason as Reason])
      expect(detail).not.toMatch(/c0ffee|secret/)
    }
  })
})

it('includes records that name a registry schema when there is no registry', () => {
  const without = createTranscoder({ stream: authAudits, schemas: new Map() })
  const range = rangeOf([confluent(1, datum()), value()], { timestamp: NOON })
  const { poison, days } = without.transcode(range, provenance)
  expect(poison.map(({ index, reason }) => [index, reason])).toEqual([[0, 'no_registry']])
  expect(days.map(({ rows }) => rows)).toEqual([1])
  expect(without.unknownSchemas(range)).toEqual([])
})

it('names the field and the position', () => {
  const [fault] = transcode([spliced(FIELDS_AT + 2, 1, [0xff])]).poison
  expect(fault?.detail).toBe('A text is not well-formed UTF-8. Field user_id, byte 26 of the datum.')
})

it('may be all records of a range', () => {
  const all = Object.values(poisonous).flat()
  const { poison, rows } = transcode(all)
  expect(rows).toEqual([])
  expect(poison.map(({ index }) => index)).toEqual([...all.keys()])
})

describe('at the limit is stored', () => {
  it.each([
    ['a record of the maximum size', singleObject(schema, filled(MAX_RECORD_BYTES))],
    ['a field of the greatest size', value({ session: 'x'.repeat(MAX_FIELD_BYTES) })],
    ['the earliest time', value({ time: (NOON - MAX_AGE_DAYS * DAY_MS) * 1000 })],
    ['the latest time', value({ time: (NOON + MAX_AHEAD_MS) * 1000 })],
    ['an event id with one bit set', value({ event_id: Buffer.from(`${'0'.repeat(31)}1`, 'hex') })],
    ['numbers that are longer than they need be', spliced(FIELDS_AT, 2, [0x82, 0x00, 0x9a, 0x80, 0x00])],
  ])('%s', (_, whole) => {
    const { poison, rows } = transcode([whole])
    expect(poison).toEqual([])
    expect(rows).toHaveLength(1)
  })

  it('and a record with one byte more does not', () => {
    expect(filled(MAX_RECORD_BYTES).length).toBe(MAX_RECORD_BYTES)
    const { poison } = transcode([singleObject(schema, filled(MAX_RECORD_BYTES + 1))])
    expect(poison.map(({ reason }) => reason)).toEqual(['record_too_large'])
  })
})

it('depends on Kafka’s timestamp, and not on when a record is transcoded', () => {
  const old = value({ time: Date.UTC(1999, 0) * 1000 })
  expect(transcode([old], Date.UTC(1999, 1)).poison).toEqual([])
  expect(transcode([old], -1).poison).toEqual([])
  expect(transcode([old], NOON).poison.map(({ reason }) => reason)).toEqual(['time_too_early'])
})
