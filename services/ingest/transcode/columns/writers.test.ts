import type { Schema } from 'avsc'
import { describe, expect, it } from 'vitest'
import { type AvroRecord, avroSchema } from '../../../../schemas/derive/avro.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { confluent, datumEncoder, rangeOf, singleObject } from '../../../../test/fixtures/records/avro_values.js'
import { readNativeBlock } from '../../../../test/fixtures/records/native_block.js'
import { createTranscoder, type Registry, SchemaNotFetchedError } from '../index.js'

const NOON = Date.UTC(2026, 0, 15, 12)
const field = (name: string) => ({ name, doc: 'A text.', cardinality: 'high' }) as const
const first: Stream = {
  name: 'readings',
  record: 'Reading',
  version: 1,
  doc: 'What was read.',
  key: [],
  organizations: [],
  fields: [field('a'), field('b')],
}
const second: Stream = { ...first, version: 2, fields: [field('a'), field('b'), field('c')] }
const released = new Map([
  [1, avroSchema(first)],
  [2, avroSchema(second)],
])

const envelope = { event_id: Buffer.alloc(16, 7), time: NOON * 1000 }
const older = (a: string, b: string | null = null) => datumEncoder(first)({ ...envelope, a, b })
const newer = (a: string, c: string | null = null) => datumEncoder(second)({ ...envelope, a, c })

function transcode(values: readonly Uint8Array[], registry?: Registry) {
  const transcoder = createTranscoder({ stream: second, schemas: released, ...(registry && { registry }) })
  const { days, poison } = transcoder.transcode(rangeOf(values, { timestamp: NOON }), {
    topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566',
    partition: 0,
    ingestedAt: NOON,
  })
  const rows = days.flatMap(({ pieces }) => readNativeBlock(Buffer.concat(pieces)).rows)
  return {
    rows: rows.map(({ kafka_offset, a, b, c }) => [Number(kafka_offset), String(a), String(b), String(c)]),
    poison: poison.map(({ index, reason }) => [index, reason]),
  }
}

describe('single-object encodings', () => {
  it('of an older release are stored beside those of the newest, in order', () => {
    const values = [
      singleObject(avroSchema(first), older('zero', 'old')),
      singleObject(avroSchema(second), newer('one', 'new')),
      singleObject(avroSchema(first), older('Größe 2')),
      singleObject(avroSchema(second), newer('three')),
    ]
    expect(transcode(values)).toEqual({
      rows: [
        [0, 'zero', 'old', ''],
        [1, 'one', '', 'new'],
        [2, 'Größe 2', '', ''],
        [3, 'three', '', ''],
      ],
      poison: [],
    })
  })

  it('of an older release are poison by the same rules, in the order of the range', () => {
    const whole = older('abc')
    const malformed = Buffer.from(whole)
    malformed[whole.indexOf('abc')] = 0xff
    const values = [
      singleObject(avroSchema(first), malformed),
      singleObject(avroSchema(second), newer('one').subarray(0, -1)),
      singleObject(avroSchema(first), whole.subarray(0, -1)),
      singleObject(avroSchema(first), Buffer.concat([whole, whole])),
      singleObject(avroSchema(first), datumEncoder(first)({ ...envelope, event_id: Buffer.alloc(16) })),
      singleObject(avroSchema(first), whole),
    ]
    expect(transcode(values)).toEqual({
      rows: [[5, 'abc', '', '']],
      poison: [
        [0, 'invalid_utf8'],
        [1, 'truncated'],
        [2, 'truncated'],
        [3, 'trailing_bytes'],
        [4, 'nil_event_id'],
      ],
    })
  })
})

describe('the registry', () => {
  const written = (fields: readonly object[], more: object = {}) =>
    ({ type: 'record', name: 'gatelog.Reading', fields, ...more }) as unknown as Schema
  const [eventId, time, a] = avroSchema(second).fields
  const javaText = { type: 'string', 'avro.java.string': 'String' }
  const schemas = new Map<number, Schema>([
    [1, avroSchema(first) as Schema],
    [2, avroSchema(second) as Schema],
    [3, written([a as object, time as object, eventId as object, { name: 'extra', type: javaText }])],
    [4, written([eventId as object, time as object, { name: 'a', type: javaText }])],
    [5, written([eventId as object, time as object, { name: 'a', type: { type: 'array', items: 'null' } }])],
    [6, written([time as object, a as object])],
    [7, { type: 'enum', name: 'E', symbols: ['A'] } as Schema],
    [8, written([{ name: 'a', type: 'no such type' }])],
    [9, written([eventId as object, time as object, { name: 'extra', type: { type: 'map', values: 'long' } }])],
  ])
  const registry: Registry = (id) => (id === 404 ? null : schemas.get(id))

  it('provides the schemas of Confluent-framed records: the newest, older ones, a writer’s own', () => {
    const text = (value: string) => Buffer.concat([Buffer.from([value.length * 2]), Buffer.from(value)])
    const micros = newer('').subarray(16, 24)
    const values = [
      confluent(1, older('one', 'b')),
      confluent(2, newer('two', 'c')),
      confluent(3, Buffer.concat([Buffer.from([2]), text('three'), micros, envelope.event_id, text('more')])),
      confluent(4, Buffer.concat([envelope.event_id, micros, text('four')])),
    ]
    expect(transcode(values, registry)).toEqual({
      rows: [
        [0, 'one', 'b', ''],
        [1, 'two', '', 'c'],
        [2, 'three', '', ''],
        [3, 'four', '', ''],
      ],
      poison: [],
    })
  })

  it.each([
    [404, 'unknown_schema_id'],
    [5, 'unreadable_schema'],
    [6, 'unreadable_schema'],
    [7, 'unreadable_schema'],
    [8, 'unreadable_schema'],
    [9, 'unreadable_schema'],
  ])('makes poison of a record of schema %d: %s', (id, reason) => {
    expect(transcode([confluent(id, newer('x')), confluent(2, newer('y'))], registry)).toEqual({
      rows: [[1, 'y', '', '']],
      poison: [[0, reason]],
    })
  })

  it('is asked by the caller for the unknown schemas of a range', () => {
    const transcoder = createTranscoder({ stream: second, schemas: released, registry })
    const values = [77, 1, 78, 404, 77].map((id) => confluent(id, newer('x')))
    values.push(singleObject(avroSchema(second), newer('x')), Buffer.from([0, 0]))
    expect(transcoder.unknownSchemas(rangeOf(values, { timestamp: NOON }))).toEqual([77, 78])
    expect(() => transcode(values, registry)).toThrow(SchemaNotFetchedError)
    expect(() => transcode(values, registry)).toThrow(expect.objectContaining({ id: 77, retriable: true }))
  })

  it('is asked for a schema until it returns one, and not again', () => {
    const answers = [undefined, avroSchema(second) as Schema]
    const transcoder = createTranscoder({ stream: second, schemas: released, registry: () => answers.shift() })
    const range = rangeOf([confluent(2, newer('x')), confluent(2, newer('y'))], { timestamp: NOON })
    expect(transcoder.unknownSchemas(range)).toEqual([2])
    const provenance = { topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566', partition: 0, ingestedAt: NOON }
    expect(transcoder.transcode(range, provenance).days.map(({ rows }) => rows)).toEqual([2])
    expect(transcoder.unknownSchemas(range)).toEqual([])
  })

  it('may have a schema later that it doesn’t have now', () => {
    const known = new Map<number, Schema>()
    const transcoder = createTranscoder({ stream: second, schemas: released, registry: (id) => known.get(id) ?? null })
    const range = rangeOf([confluent(2, newer('x'))], { timestamp: NOON })
    const provenance = { topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566', partition: 0, ingestedAt: NOON }
    expect(transcoder.transcode(range, provenance).poison).toHaveLength(1)
    known.set(2, avroSchema(second) as Schema)
    expect(transcoder.transcode(range, provenance).poison).toEqual([])
  })
})

describe('a declaration is rejected that', () => {
  const refusal = (stream: Stream, schemas: ReadonlyMap<number, AvroRecord>) => () =>
    createTranscoder({ stream, schemas })

  it('differs from its released version', () => {
    expect(refusal({ ...second, fields: [...second.fields, field('d')] }, released)).toThrow(/add a version/)
  })

  it('can’t read a released version', () => {
    const other = { ...avroSchema(first), name: 'Other' }
    expect(refusal(second, new Map([[1, other]]))).toThrow(/Version 1 of readings can't be read/)
  })
})
