import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { uuidBytes } from '../../../schemas/streams/uuid.js'
import { type Random, seeded } from '../../../test/chaos/random.js'
import { openDoor } from '../../../test/fixtures/collector/door.js'
import { datumEncoder, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { avroFile, zstdOf } from '../../../test/fixtures/records/packed_bodies.js'
import { bodyForm, bodyReader } from './formats.js'
import { UnpackedBudget } from './unpacked_budget.js'

const BODIES = 20_000
const BODIES_OF_A_TURN = 50

const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`
const encode = datumEncoder(authAudits)
const datum = (number: number) => encode({ event_id: uuidBytes(id(number)), time: Date.now() * 1_000, user_id: 'ada' })
const schema = avroSchema(authAudits)
const record = { event: 'Success', user_id: 'ada', org_id: 'acme', time: new Date().toISOString(), roles: null }
const json = Buffer.from(JSON.stringify([record, { ...record, event_id: id(1) }, {}]))
const lines = Buffer.from(`${JSON.stringify(record)}\n\n${JSON.stringify({ ...record, event_id: id(2) })}\n`)
const file = avroFile({
  schema,
  blocks: [
    { count: 2n, bytes: Buffer.concat([datum(3), datum(4)]) },
    { count: 1n, bytes: datum(5) },
  ],
})

/** Bodies that are valid before they are mutated, with their headers. */
const seeds: readonly (readonly [Record<string, string>, Buffer])[] = [
  [{ 'content-type': 'application/json' }, json],
  [{ 'content-type': 'application/x-ndjson' }, lines],
  [{ 'content-type': 'application/avro' }, file],
  [{ 'content-type': 'application/avro' }, singleObject(schema, datum(6))],
  [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, gzipSync(json)],
  [{ 'content-type': 'application/x-ndjson', 'content-encoding': 'zstd' }, zstdOf(lines)],
  [{ 'content-type': 'application/avro', 'content-encoding': 'zstd' }, zstdOf(file)],
]

/** Pieces that mean something to a parser. */
const pieces = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\u0000', '\\ud800', '\n', 'null', '1e999', '-0', '{}', '[[[[[[[['],
  ...['"__proto__":', '"constructor":', '"event_id":"x",', '"time":-1,', 'Obj\x01', '\u{1f600}'],
].map((text) => Buffer.from(text))

function mutate(body: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(body)
  for (let left = random.between(1, 4); left > 0; left--) {
    const at = random.between(0, bytes.length)
    const end = Math.min(bytes.length, at + random.between(0, 40))
    switch (random.between(0, 5)) {
      case 0: // Another byte.
        if (at < bytes.length) bytes.writeUInt8(random.between(0, 255), at)
        break
      case 1: // Cut off.
        bytes = bytes.subarray(0, at)
        break
      case 2: // A part is missing.
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
        break
      case 3: // A part twice.
        bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
        break
      case 4: // Something that means something.
        bytes = Buffer.concat([bytes.subarray(0, at), random.pick(pieces), bytes.subarray(at)])
        break
      default: // Large numbers.
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(9, 0xff), bytes.subarray(end)])
    }
  }
  return bytes
}

const read = bodyReader(authAudits)

/** How many records a body has, by the reader alone; undefined if it cannot be read. */
async function recordsIn(headers: Record<string, string>, body: Buffer): Promise<number | undefined> {
  try {
    return (await read(body, bodyForm({ headers }), new UnpackedBudget())).length
  } catch {
    return undefined
  }
}

test(`${BODIES} mutated bodies: each is answered, and each of its records is accepted or refused`, async () => {
  const random = seeded(20)
  const { send, signIns } = openDoor()
  const statuses = new Map<number, number>()
  let accepted = 0

  async function sendOne(): Promise<void> {
    const [headers, body] = random.pick(seeds)
    const mutated = mutate(body, random)
    const answer = await send(mutated, headers)
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1)
    expect(answer.statusCode, answer.body).toBeLessThan(500)
    const expected = await recordsIn(headers, mutated)
    if (answer.statusCode === 400 || answer.statusCode === 413) {
      expect(expected).toBeUndefined()
      return
    }
    const { accepted: stored, refused, results } = answer.json()
    expect(stored + refused).toBe(expected)
    expect(results).toHaveLength(stored + refused)
    accepted += stored
  }

  for (let sent = 0; sent < BODIES; sent += BODIES_OF_A_TURN) {
    await Promise.all(Array.from({ length: BODIES_OF_A_TURN }, sendOne))
  }
  expect(signIns.records).toHaveLength(accepted)
  // The mutations reach every kind of answer.
  for (const status of [200, 207, 400, 422]) expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(100)
}, 300_000)
