import avro, { type Schema } from 'avsc'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AvroRecord, avroSchema } from '../../../schemas/derive/avro.js'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import {
  authAudits,
  type Field,
  MAX_AGE_DAYS,
  MAX_AHEAD_MS,
  MAX_FIELD_BYTES,
  MAX_RECORD_BYTES,
} from '../../../schemas/streams/index.js'
import { confluent, rangeOf, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { readNativeBlock } from '../../../test/fixtures/records/native_block.js'
import { createTranscoder } from './index.js'

/**
 * The transcoder and avsc must agree on any input: random records and randomly broken ones. `FUZZ_RUNS` sets the number
 * of ranges, of up to eight records each (`npm run fuzz`: 100,000).
 */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000)
const DAY_MS = 24 * 60 * 60 * 1000
const NOON = Date.UTC(2026, 0, 15, 12)

const newest = avroSchema(authAudits)
const releases = readReleasedSchemas(authAudits)
const older = releases.get(1) as AvroRecord
const [eventId, time, ...texts] = newest.fields
const foreign = { ...newest, fields: [...texts.slice(0, 4).reverse(), time, { name: 'hint', type: 'string' }, eventId] }

/** The schemas that a record may be written with. */
const writers = [
  writer(newest, (datum) => singleObject(newest, datum)),
  writer(older, (datum) => singleObject(older, datum)),
  writer(newest, (datum) => confluent(1, datum)),
  writer(foreign as AvroRecord, (datum) => confluent(2, datum)),
]
const registry = (id: number) => (id === 1 || id === 2 ? ((id === 1 ? newest : foreign) as Schema) : null)
const transcoder = createTranscoder({ stream: authAudits, schemas: releases, registry })

function writer(schema: AvroRecord, frame: (datum: Uint8Array) => Buffer) {
  // Texts as bytes, which are encoded alike: avsc would replace malformed text.
  const type = avro.Type.forSchema(JSON.parse(JSON.stringify(schema).replaceAll('"string"', '"bytes"')))
  return { frame, header: frame(Buffer.alloc(0)), type, fields: schema.fields.map(({ name }) => name) }
}

// Input.

/** Avro's zigzag long with `padding` extra bytes, at most ten bytes in total: only avsc reads longer ones. */
function long(value: bigint, padding = 0): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  for (let i = 0; i < padding; i++) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80
    bytes.push(0)
  }
  return Buffer.from(bytes)
}

const padding = fc.oneof(
  { weight: 30, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
)

const text = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.string({ unit: 'binary', maxLength: 24 }).map((value) => Buffer.from(value.toWellFormed())),
  },
  { weight: 30, arbitrary: fc.integer({ min: 0, max: 140 }).map((length) => Buffer.alloc(length, 'text')) },
  { weight: 10, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: MAX_FIELD_BYTES - 2, max: MAX_FIELD_BYTES + 2 })
      .map((length) => Buffer.alloc(length, 'x')),
  },
)

const optionalText = fc.oneof(
  padding.map((more) => long(0n, more)),
  fc
    .tuple(text, padding, padding)
    .map(([value, one, two]) => Buffer.concat([long(1n, one), long(BigInt(value.length), two), value])),
)

const micros = fc.oneof(
  { weight: 20, arbitrary: fc.bigInt(BigInt(NOON - 40 * DAY_MS) * 1000n, BigInt(NOON + DAY_MS) * 1000n) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-1n, 0n, 1n).chain((step) => fc.constantFrom(...bounds()).map((bound) => bound + step)),
  },
  { weight: 1, arbitrary: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) },
)

function bounds(): bigint[] {
  const earliest = NOON - MAX_AGE_DAYS * DAY_MS
  const midnight = Date.UTC(2026, 0, 15)
  return [earliest, NOON + MAX_AHEAD_MS, midnight, 0].map((ms) => BigInt(ms) * 1000n)
}

const id = fc.oneof(
  { weight: 30, arbitrary: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(16)) },
)

const whole = fc.constantFrom(...writers).chain(({ frame, fields }) =>
  fc
    .tuple(
      ...fields.map((name): fc.Arbitrary<Buffer> => {
        if (name === 'event_id') return id
        if (name === 'time') return fc.tuple(micros, padding).map(([value, more]) => long(value, more % 3))
        if (name === 'hint') return text.map((value) => Buffer.concat([long(BigInt(value.length)), value]))
        return optionalText
      }),
    )
    .map((parts) => frame(Buffer.concat(parts))),
)

const bytes = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((few) => Buffer.from(few))
const place = fc.nat({ max: 1_000 })

/** The ways to break a record at any position. */
const mishaps = fc.oneof(
  place.map((at) => (value: Buffer) => value.subarray(0, at % (value.length + 1))),
  fc.tuple(place, bytes).map(
    ([at, more]) =>
      (value: Buffer) =>
        splice(value, at, 0, more),
  ),
  fc.tuple(place, bytes).map(
    ([at, others]) =>
      (value: Buffer) =>
        splice(value, at, others.length, others),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 20 })).map(
    ([at, gone]) =>
      (value: Buffer) =>
        splice(value, at, gone, Buffer.alloc(0)),
  ),
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([at, bit]) => (value: Buffer) => {
    const index = at % value.length
    return splice(value, at, 1, Buffer.of((value[index] ?? 0) ^ (1 << bit)))
  }),
  bytes.map((more) => (value: Buffer) => Buffer.concat([value, more])),
)

function splice(value: Buffer, at: number, removed: number, inserted: Buffer): Buffer {
  const start = at % value.length
  return Buffer.concat([value.subarray(0, start), inserted, value.subarray(start + removed)])
}

const record = fc.oneof(
  { weight: 25, arbitrary: whole },
  { weight: 25, arbitrary: fc.tuple(whole, mishaps).map(([value, befall]) => befall(value)) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((few) => Buffer.from(few)) },
)

// Expectations.

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The row that avsc and the documented limits yield for a value; undefined for poison. */
function expected(value: Buffer | null, offset: number): Record<string, unknown> | undefined {
  const writer = writers.find(({ header }) => value?.subarray(0, header.length).equals(header))
  if (value === null || writer === undefined) return undefined
  const datum = value.subarray(writer.header.length)
  if (datum.length > MAX_RECORD_BYTES) return undefined
  try {
    const read = writer.type.fromBuffer(datum)
    if (read.event_id.every((byte: number) => byte === 0)) return undefined
    if (read.time < (NOON - MAX_AGE_DAYS * DAY_MS) * 1000 || read.time > (NOON + MAX_AHEAD_MS) * 1000) return undefined
    const row: Record<string, unknown> = { event_id: read.event_id.toString('hex'), time: BigInt(read.time), offset }
    for (const field of authAudits.fields) {
      const { name, maxStoredBytes = MAX_FIELD_BYTES }: Field = field
      const bytes = read[name] ?? Buffer.alloc(0)
      if (bytes.length > MAX_FIELD_BYTES) return undefined
      const stored = Buffer.alloc(maxStoredBytes)
      const { written } = encoder.encodeInto(strict.decode(bytes), stored)
      row[name] = stored.toString('hex', 0, written)
    }
    return row
  } catch {
    return undefined
  }
}

function transcode(values: readonly (Buffer | null)[]) {
  const { days, poison } = transcoder.transcode(rangeOf(values, { timestamp: NOON }), {
    topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566',
    partition: 0,
    ingestedAt: NOON,
  })
  const rows = days.flatMap(({ day, pieces }) =>
    readNativeBlock(Buffer.concat(pieces)).rows.map((row) => {
      expect(new Date(Number(row.time) / 1000).toISOString().slice(0, 10)).toBe(day)
      return {
        event_id: String(row.event_id).replaceAll('-', ''),
        time: row.time,
        offset: Number(row.kafka_offset),
        ...Object.fromEntries(authAudits.fields.map(({ name }) => [name, (row[name] as Buffer).toString('hex')])),
      }
    }),
  )
  return { rows: rows.sort((one, other) => one.offset - other.offset), poison: poison.map(({ index }) => index) }
}

it(
  `agrees with avsc about ${RUNS} ranges of random and broken records`,
  () => {
    let accepted = 0
    let rejected = 0
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (values) => {
        const rows = values.map(expected)
        const sound = rows.filter((row) => row !== undefined)
        accepted += sound.length
        rejected += rows.length - sound.length
        expect(transcode(values)).toEqual({
          rows: sound,
          poison: [...rows.keys()].filter((index) => rows[index] === undefined),
        })
      }),
      { numRuns: RUNS },
    )
    // The test would show little if nearly all records were poison, or nearly none.
    expect(Math.min(accepted, rejected) / (accepted + rejected)).toBeGreaterThan(0.2)
  },
  60_000 + RUNS * 20,
)
