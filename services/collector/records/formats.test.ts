import { deflateRawSync, gzipSync } from 'node:zlib'
import avro from 'avsc'
import { describe, expect, test } from 'vitest'
import { type AvroRecord, avroSchema } from '../../../schemas/derive/avro.js'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import { uuidBytes } from '../../../schemas/streams/uuid.js'
import { openDoor } from '../../../test/fixtures/collector/door.js'
import { datumEncoder, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { avroFile, avroLong, zstdBomb, zstdOf } from '../../../test/fixtures/records/packed_bodies.js'
import { MAX_BODY_BYTES } from './unpacked_budget.js'

const ID = '01900000-0000-7000-8000-000000000001'
const micros = Date.now() * 1_000 + 7
const schema = avroSchema(authAudits)
const encode = datumEncoder(authAudits)
const datum = encode({ event_id: uuidBytes(ID), time: micros, user_id: '1234', event: 'Success' })
const stored = { event_id: ID, time: micros, fields: { user_id: '1234', event: 'Success' } }
const AVRO = { 'content-type': 'application/avro' }
const LINES = { 'content-type': 'application/x-ndjson' }

const fileOf = (bytes: Buffer, codec = 'null', count = 1n) => avroFile({ schema, codec, blocks: [{ count, bytes }] })

describe('lines of JSON', () => {
  test('are a record each, without blank lines', async () => {
    const { send, signIns } = openDoor()
    const answer = await send('{"event":"a"}\r\n\n  \n{"event":"b"}', LINES)
    expect(answer.json()).toMatchObject({ accepted: 2, refused: 0 })
    expect(signIns.records.map(({ fields }) => fields.event)).toEqual(['a', 'b'])
  })

  test('that are not JSON are refused alone', async () => {
    const { send, signIns } = openDoor()
    const bad = Buffer.concat([Buffer.from('{"event":"a"}\n{"event":\n"'), Buffer.from([0xff]), Buffer.from('"\n{}\n')])
    const answer = await send(bad, LINES)
    expect(answer.statusCode).toBe(207)
    expect(answer.json().results.map(({ status }: { status: string }) => status)).toEqual([
      'accepted',
      'refused',
      'refused',
      'accepted',
    ])
    expect(signIns.records).toHaveLength(2)
  })
})

describe('JSON that nests', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const deep = `{"event":"a","x":${nested(63)}}`

  test('more than 64 deep is refused before it is read', async () => {
    const { send } = openDoor()
    for (const body of [nested(65), '['.repeat(1_000_000), `{"a":`.repeat(100), `["[",${nested(64)}]`]) {
      const answer = await send(body)
      expect(answer.json()).toMatchObject({
        status: 400,
        error_code: 'BODY_UNREADABLE',
        detail: expect.stringContaining('64 deep'),
      })
    }
    const lines = await send(`${nested(65)}\n{"event":"a"}`, LINES)
    expect(lines.json()).toMatchObject({ accepted: 1, refused: 1 })
  })

  test('64 deep is read, and brackets within text do not count', async () => {
    const { send } = openDoor()
    expect((await send(deep)).json().results[0].faults).toEqual([expect.objectContaining({ field: 'x' })])
    const text = JSON.stringify({ event: `\\"${'['.repeat(500)}`, stage: '{"'.repeat(100) })
    expect((await send(text)).json()).toMatchObject({ accepted: 1 })
  })
})

describe('Avro', () => {
  test.each<[string, Buffer]>([
    ['a file', fileOf(datum)],
    ['a file of deflate blocks', fileOf(deflateRawSync(datum), 'deflate')],
    ['a file of zstandard blocks', fileOf(zstdOf(datum), 'zstandard')],
    ['a single object', singleObject(schema, datum)],
  ])('in %s is read', async (_, body) => {
    const { send, signIns } = openDoor()
    const answer = await send(body, AVRO)
    expect(answer.json()).toEqual({ accepted: 1, refused: 0, results: [{ status: 'accepted', event_id: ID }] })
    expect(signIns.records).toEqual([stored])
  })

  test('of an older version is read', async () => {
    const { send, signIns } = openDoor()
    const older = readReleasedSchemas(authAudits).get(1) as AvroRecord
    const type = avro.Type.forSchema(older as never)
    const absent = Object.fromEntries(older.fields.map(({ name }) => [name, null]))
    const bytes = type.toBuffer({ ...absent, event_id: uuidBytes(ID), time: micros, user_id: '1234', event: 'Success' })
    expect((await send(singleObject(older, bytes), AVRO)).statusCode).toBe(200)
    expect(signIns.records).toEqual([stored])
  })

  test('of a writer’s own schema is read, also as a library writes its file', async () => {
    const { send, signIns } = openDoor()
    const own = avro.Type.forSchema({
      type: 'record',
      name: 'Mine',
      fields: [
        { name: 'event', type: 'string' },
        { name: 'time', type: 'long' },
        { name: 'user_id', type: ['string', 'null'] },
        { name: 'event_id', type: ['null', { type: 'string', logicalType: 'uuid' }] as never },
      ],
    })
    const encoder = new avro.streams.BlockEncoder(own, { codec: 'deflate' })
    const chunks: Buffer[] = []
    encoder.on('data', (chunk: Buffer) => chunks.push(chunk))
    encoder.write({ event: 'Success', time: micros, user_id: '1234', event_id: ID })
    encoder.write({ event: 'Success', time: micros, user_id: null, event_id: null })
    await new Promise<void>((resolve) => encoder.on('end', resolve).end())
    expect((await send(Buffer.concat(chunks), AVRO)).json()).toMatchObject({ accepted: 2, refused: 0 })
    expect(signIns.records[0]).toEqual(stored)
    expect(signIns.records[1]?.fields).toEqual({ event: 'Success' })
  })

  test('of a writer’s own schema may have its time in milliseconds', async () => {
    const { send, signIns } = openDoor()
    const time = { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } }
    const millis = Math.floor(micros / 1_000)
    const file = avroFile({
      schema: { type: 'record', name: 'Mine', fields: [time] },
      blocks: [{ count: 1n, bytes: avroLong(BigInt(millis)) }],
    })
    expect((await send(file, AVRO)).statusCode).toBe(200)
    expect(signIns.records[0]?.time).toBe(millis * 1_000)
  })

  test('has lists as JSON text', async () => {
    const { send, actions } = openDoor()
    const list = audits.fields.find((field) => 'list' in field) as unknown as { name: string; list: { name: string }[] }
    const entries = [{ [list.list[0]?.name ?? '']: 'x' }]
    const bytes = datumEncoder(audits)({
      event_id: uuidBytes(ID),
      time: micros,
      [list.name]: JSON.stringify(entries),
    })
    expect((await send(singleObject(avroSchema(audits), bytes), AVRO, 'audits')).statusCode).toBe(200)
    expect(JSON.parse(actions.records[0]?.fields[list.name] ?? '')).toEqual(entries)
    const bad = datumEncoder(audits)({ event_id: uuidBytes(ID), time: micros, [list.name]: '[' })
    const answer = await send(singleObject(avroSchema(audits), bad), AVRO, 'audits')
    expect(answer.json().results[0].faults).toEqual([{ field: list.name, message: 'must be JSON text' }])
  })

  test('whose text is not UTF-8 is refused by its field, and the others are stored', async () => {
    const { send, signIns } = openDoor()
    const text = Buffer.from('Success')
    const broken = Buffer.from(datum)
    broken.set([0xff], broken.indexOf(text))
    const answer = await send(fileOf(Buffer.concat([broken, datum]), 'null', 2n), AVRO)
    expect(answer.statusCode).toBe(207)
    expect(answer.json().results[0].faults).toEqual([{ field: 'event', message: 'must be UTF-8' }])
    expect(signIns.records).toEqual([stored])
  })

  test.each<[string, Buffer, number]>([
    ['is something else', Buffer.from('hello'), 400],
    ['is empty', Buffer.alloc(0), 400],
    ['is cut off', fileOf(datum).subarray(0, -20), 400],
    ['has too few records in a block', fileOf(datum, 'null', 2n), 400],
    ['has too many bytes in a block', fileOf(Buffer.concat([datum, datum])), 400],
    ['has a negative number of records', fileOf(datum, 'null', -1n), 400],
    ['claims more records than a request may have', fileOf(datum, 'null', 2n ** 60n), 413],
    ['has an unknown codec', fileOf(datum, 'bzip2'), 400],
    ['has a block that is not of its codec', fileOf(datum, 'deflate'), 400],
    ['has bytes after its record', Buffer.concat([singleObject(schema, datum), datum]), 400],
    ['has an unknown fingerprint', Buffer.concat([Buffer.from([0xc3, 1]), Buffer.alloc(8), datum]), 400],
    ['claims a map without end', Buffer.concat([Buffer.from('Obj\x01'), avroLong(2n ** 60n), datum]), 400],
    ['has a block of a claimed size', Buffer.concat([fileOf(datum), avroLong(1n), avroLong(2n ** 50n)]), 400],
    ['has a schema that is no record', avroFile({ schema: { type: 'map', values: 'string' }, blocks: [] }), 400],
    [
      'has a field of another type',
      avroFile({ schema: { type: 'record', name: 'A', fields: [{ name: 'event', type: 'bytes' }] }, blocks: [] }),
      400,
    ],
    [
      'has two fields of one name',
      avroFile({
        schema: { type: 'record', name: 'A', fields: Array(2).fill({ name: 'event', type: 'string' }) },
        blocks: [],
      }),
      400,
    ],
  ])('that %s is refused, and nothing of it is stored', async (_, body, status) => {
    const { send, signIns } = openDoor()
    const answer = await send(body, AVRO)
    expect(answer.statusCode).toBe(status)
    expect(answer.json().error_code).toBe(status === 400 ? 'BODY_UNREADABLE' : 'TOO_MANY_RECORDS')
    expect(signIns.records).toEqual([])
  })
})

describe('a packed body', () => {
  const lines = Buffer.from('{"event":"a"}\n{"event":"b"}\n')

  test.each<[string, Record<string, string>, Buffer]>([
    ['gzip', { ...LINES, 'content-encoding': 'gzip' }, gzipSync(lines)],
    ['gzip by its old name', { ...LINES, 'content-encoding': 'X-GZIP' }, gzipSync(lines)],
    ['zstd', { ...LINES, 'content-encoding': 'zstd' }, zstdOf(lines)],
    [
      'Avro in zstd',
      { ...AVRO, 'content-encoding': 'zstd' },
      zstdOf(fileOf(Buffer.concat([datum, datum]), 'null', 2n)),
    ],
  ])('in %s is read', async (_, headers, body) => {
    const { send } = openDoor()
    expect((await send(body, headers)).json()).toMatchObject({ accepted: 2, refused: 0 })
  })

  test.each<[string, string, Buffer]>([
    ['gzip', 'gzip', gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1, ' '))],
    ['zstd', 'zstd', zstdBomb(MAX_BODY_BYTES + 1)],
    ['a large bomb of zstd', 'zstd', zstdBomb(2 ** 32)],
    ['a large bomb of gzip', 'gzip', gzipSync(Buffer.alloc(20 * MAX_BODY_BYTES))],
  ])('that is too large unpacked is refused: %s', async (_, encoding, body) => {
    expect(body.length).toBeLessThan(MAX_BODY_BYTES)
    const { send } = openDoor()
    const answer = await send(body, { ...LINES, 'content-encoding': encoding })
    expect(answer.statusCode).toBe(413)
    expect(answer.json().error_code).toBe('BODY_TOO_LARGE')
  })

  test.each<[string, (bytes: number) => Buffer]>([
    ['deflate', (bytes) => deflateRawSync(Buffer.alloc(bytes))],
    ['zstandard', (bytes) => zstdBomb(bytes)],
  ])('counts the blocks of a file in %s together', async (codec, bomb) => {
    const { send } = openDoor()
    const filler = { type: 'record', name: 'A', fields: [] }
    const blockOf = (bytes: number) => ({ count: 0n, bytes: bomb(bytes) })
    const one = avroFile({ schema: filler, codec, blocks: [blockOf(MAX_BODY_BYTES)] })
    expect((await send(one, AVRO)).json().detail).toContain('more bytes than records')
    const larger = avroFile({ schema: filler, codec, blocks: [blockOf(MAX_BODY_BYTES + 1)] })
    expect((await send(larger, AVRO)).json().error_code).toBe('BODY_TOO_LARGE')
  })

  test('that is not in its coding is refused', async () => {
    const { send } = openDoor()
    for (const encoding of ['gzip', 'zstd']) {
      const answer = await send(lines, { ...LINES, 'content-encoding': encoding })
      expect(answer.statusCode).toBe(400)
      expect(answer.json().detail).toContain(`not ${encoding}`)
    }
  })
})
