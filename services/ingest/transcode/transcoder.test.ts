import { describe, expect, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { columns } from '../../../schemas/derive/columns.js'
import { authAudits, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'
import { type Datum, datumEncoder, rangeOf, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { readNativeBlock } from '../../../test/fixtures/records/native_block.js'
import { createTranscoder } from './index.js'

const NOON = Date.UTC(2026, 0, 15, 12)
const DAY_MS = 24 * 60 * 60 * 1000
const TOPIC_ID = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const provenance = { topicId: TOPIC_ID, partition: 4_000_000_000, ingestedAt: NOON + 789 }

const transcoder = createTranscoder({ stream: authAudits, schemas: new Map() })
const encode = datumEncoder(authAudits)
const EVENT_ID = Buffer.from('0198c0de000170008000000000000001', 'hex')

function value(fields: Datum = {}): Buffer {
  return singleObject(avroSchema(authAudits), encode({ event_id: EVENT_ID, time: NOON * 1000, ...fields }))
}

function transcode(values: readonly (Uint8Array | null)[], firstOffset = 0) {
  const { days, poison } = transcoder.transcode(rangeOf(values, { timestamp: NOON, firstOffset }), provenance)
  return {
    days: days.map(({ day, rows, pieces }) => ({ day, rows, block: readNativeBlock(Buffer.concat(pieces)) })),
    poison,
  }
}

/** The text of a field in each row of a range that must have one day and no poison. */
function texts(values: readonly Uint8Array[], field: string): string[] {
  const { days, poison } = transcode(values)
  expect({ poison, days: days.length }).toEqual({ poison: [], days: 1 })
  return days.flatMap(({ block }) => block.rows.map((row) => String(row[field])))
}

it('writes every column of a record, including where it came from', () => {
  const fields = Object.fromEntries(authAudits.fields.map(({ name }, index) => [name, `${name} ${index}`]))
  const { days, poison } = transcode([value({ ...fields, time: NOON * 1000 + 123_456 })], 2 ** 40 + 5)
  expect(poison).toEqual([])
  expect(days).toHaveLength(1)
  expect(days[0]).toMatchObject({ day: '2026-01-15', rows: 1 })
  const row = days[0]?.block.rows[0] ?? {}
  expect(Object.keys(row)).toEqual(columns(authAudits).map(({ name }) => name))
  expect(row).toEqual({
    ...Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, Buffer.from(text)])),
    event_id: '0198c0de-0001-7000-8000-000000000001',
    time: BigInt(NOON) * 1000n + 123_456n,
    ingested_at: BigInt(NOON) + 789n,
    topic_id: TOPIC_ID,
    kafka_partition: 4_000_000_000n,
    kafka_offset: 2n ** 40n + 5n,
  })
})

it('sends every column with the type of the table, and text as String', () => {
  const { types } = transcode([value()]).days[0]?.block ?? {}
  expect(types).toEqual(
    Object.fromEntries(
      columns(authAudits).map(({ name, type }) => [name, type.replace('LowCardinality(String)', 'String')]),
    ),
  )
})

it('writes an absent text and an empty one as empty', () => {
  expect(texts([value(), value({ session: '' }), value({ session: 's' })], 'session')).toEqual(['', '', 's'])
})

it('copies texts of every short length, and at each boundary of the length encoding', () => {
  const lengths = [...Array(70).keys(), 127, 128, 129, 255, 256, MAX_FIELD_BYTES - 1, MAX_FIELD_BYTES]
  const given = lengths.map((length) => 'abcdefghijklmnopqrstuvwxyz'.repeat(400).slice(0, length))
  expect(
    texts(
      given.map((session) => value({ session, stage: 'after' })),
      'session',
    ),
  ).toEqual(given)
})

it('cuts a user agent to 1 KiB, after a whole character', () => {
  const given = [
    'x'.repeat(1024),
    'x'.repeat(1025),
    `${'x'.repeat(1023)}é`,
    `${'x'.repeat(1022)}é!`,
    '漢'.repeat(400),
    '👩'.repeat(300),
  ]
  const stored = [
    ...Array(2).fill('x'.repeat(1024)),
    'x'.repeat(1023),
    `${'x'.repeat(1022)}é`,
    '漢'.repeat(341),
    '👩'.repeat(256),
  ]
  expect(
    texts(
      given.map((user_agent) => value({ user_agent })),
      'user_agent',
    ),
  ).toEqual(stored)
})

it('copies text of every script', () => {
  const given = ['Größe', '株式会社', 'Приложение', 'עברית', '👩‍🚀🇪🇺', '\u0000', '\uFEFFmark', 'e\u0301']
  expect(
    texts(
      given.map((org_name) => value({ org_name })),
      'org_name',
    ),
  ).toEqual(given)
  expect(
    texts(
      given.map((user_id) => value({ user_id })),
      'user_id',
    ),
  ).toEqual(given)
})

describe('days', () => {
  it('change at midnight UTC, to the microsecond', () => {
    const midnight = Date.UTC(2026, 0, 16) * 1000
    const { days } = transcode([value({ time: midnight }), value({ time: midnight - 1 })])
    expect(days.map(({ day, block }) => [day, block.rows.map((row) => row.kafka_offset)])).toEqual([
      ['2026-01-15', [1n]],
      ['2026-01-16', [0n]],
    ])
  })

  it('can be many in one range', () => {
    const values = Array.from({ length: 1000 }, (_, index) =>
      value({ time: (NOON - (index % 365) * DAY_MS) * 1000, trace_id: `trace ${index}` }),
    )
    const { days, poison } = transcode(values)
    expect(poison).toEqual([])
    expect(days).toHaveLength(365)
    for (const { day, rows, block } of days) {
      expect(block.rows).toHaveLength(rows)
      for (const row of block.rows) {
        expect(new Date(Number((row.time as bigint) / 1000n)).toISOString().slice(0, 10)).toBe(day)
        expect(String(row.trace_id)).toBe(`trace ${row.kafka_offset}`)
      }
    }
    expect(days.reduce((sum, { rows }) => sum + rows, 0)).toBe(1000)
  })
})

describe('ranges', () => {
  it('may be empty', () => {
    expect(transcode([])).toEqual({ days: [], poison: [] })
  })

  it('of different sizes can follow each other, and blocks stay unchanged', () => {
    const many = transcoder.transcode(
      rangeOf(
        Array.from({ length: 300 }, (_, index) => value({ session: `many ${index}` })),
        { timestamp: NOON },
      ),
      provenance,
    )
    expect(texts([value({ session: 'one' })], 'session')).toEqual(['one'])
    const rows = many.days.flatMap(({ pieces }) => readNativeBlock(Buffer.concat(pieces)).rows)
    expect(rows.map((row) => String(row.session))).toEqual(Array.from({ length: 300 }, (_, index) => `many ${index}`))
  })

  it('can have gaps between values', () => {
    const [one, two] = [value({ session: 'one' }), value({ session: 'two' })]
    const data = Buffer.concat([Buffer.alloc(5, 0xff), one, Buffer.alloc(9, 0xff), two, Buffer.alloc(3, 0xff)])
    const starts = Int32Array.of(5, 5 + one.length + 9)
    const { days } = transcoder.transcode({ ...rangeOf([one, two], { timestamp: NOON }), data, starts }, provenance)
    const blocks = days.map(({ pieces }) => readNativeBlock(Buffer.concat(pieces)))
    expect(blocks.flatMap(({ rows }) => rows.map((row) => String(row.session)))).toEqual(['one', 'two'])
  })

  it('yield the same rows in several groups as in one', () => {
    // More rows than a group has, some more bytes than a group has, some older, some poison; on three days.
    const values = Array.from({ length: 1_200 }, (_, index) => {
      if (index % 97 === 0) return null
      if (index % 41 === 0) return Buffer.from([0xc3, 0x01, index])
      const client_id = 'x'.repeat(index % 300 === 7 ? MAX_FIELD_BYTES : index % 50)
      return value({ time: (NOON - (index % 3) * DAY_MS) * 1000, session: `session ${index}`, client_id })
    })
    const whole = transcode(values, 1_000)
    const alone = values.map((one, index) => transcode([one], 1_000 + index))
    expect(whole.poison).toEqual(alone.flatMap(({ poison }, index) => poison.map((fault) => ({ ...fault, index }))))
    const found = whole.days.flatMap(({ block }) => block.rows)
    expect(found.sort((one, other) => Number(one.kafka_offset) - Number(other.kafka_offset))).toEqual(
      alone.flatMap(({ days }) => days.flatMap(({ block }) => block.rows)),
    )
  })

  it('can start anywhere in a larger buffer', () => {
    const range = rangeOf([value({ session: 'here' })], { timestamp: NOON })
    const larger = Buffer.concat([
      Buffer.alloc(13, 0xff),
      range.data.subarray(0, range.data.length),
      Buffer.alloc(7, 0xff),
    ])
    const data = new Uint8Array(larger.buffer, larger.byteOffset + 13, range.data.length)
    const { days } = transcoder.transcode({ ...range, data }, provenance)
    expect(days.map(({ pieces }) => String(readNativeBlock(Buffer.concat(pieces)).rows[0]?.session))).toEqual(['here'])
  })

  it.each([
    ['a value ends beyond the data', { lengths: Int32Array.of(1000) }],
    ['a value begins before the data', { starts: Int32Array.of(-1) }],
    ['a value begins before the one before it', { starts: Int32Array.of(1, 0), lengths: Int32Array.of(1, 1) }],
    ['a start is missing', { starts: new Int32Array(0) }],
    ['an offset is missing', { offsets: new Float64Array(0) }],
    ['a timestamp is missing', { timestamps: new Float64Array(0) }],
  ])('are refused where %s', (_, part) => {
    const range = { ...rangeOf([value()], { timestamp: NOON }), ...part }
    expect(() => transcoder.transcode(range, provenance)).toThrow(RangeError)
  })

  it('are rejected without a valid topic id', () => {
    expect(() => transcoder.transcode(rangeOf([], { timestamp: NOON }), { ...provenance, topicId: 'x' })).toThrow(
      /UUID/,
    )
  })
})
