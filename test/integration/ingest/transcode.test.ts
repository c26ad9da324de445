import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { columns } from '../../../schemas/derive/columns.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import { blockInserter } from '../../../services/ingest/store/insert.js'
import { createTranscoder } from '../../../services/ingest/transcode/index.js'
import { type Datum, datumEncoder, rangeOf, singleObject } from '../../fixtures/records/avro_values.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
})
afterAll(() => sandbox.close())

const NOON = Date.UTC(2026, 0, 15, 12)
const DAY_MS = 24 * 60 * 60 * 1000
const TOPIC_ID = '0190f3c8-7b1e-7c3a-9d2e-aabbccddeeff'
const FIRST_OFFSET = 2 ** 40
const PARTITION = 4_000_000_000
const INGESTED_AT = Date.UTC(2026, 0, 15, 12, 0, 1, 234)

const TEXTS = [
  '',
  'plain',
  'Größe',
  '株式会社',
  'Приложение',
  'עברית',
  '👩‍🚀🇪🇺',
  'quote \' " \\ tab \t end',
  'x'.repeat(200),
  '\u0000',
]

/** A record whose fields all differ from each other and from most records. Every third field is absent. */
function recordOf(index: number): Datum {
  const eventId = Buffer.alloc(16)
  eventId.writeUInt32BE(0x0198c0de)
  eventId.writeUInt32BE(0x80000000 + index, 12)
  const fields = authAudits.fields.map(({ name }, at): [string, string | null] => [
    name,
    (index + at) % 3 === 0
      ? null
      : `${TEXTS[(index + at) % TEXTS.length]}${index % 40 === 0 ? '' : ` ${name} ${index % 700}`}`,
  ])
  return { event_id: eventId, time: (NOON - (index % 3) * DAY_MS) * 1000 + index, ...Object.fromEntries(fields) }
}

/** A record as ClickHouse must return it, with all values as text. */
function stored(record: Datum, index: number): string[] {
  const uuid = (bytes: Uint8Array) => uuidText(Buffer.from(bytes))
  const known: Readonly<Record<string, string>> = {
    event_id: uuid(record.event_id as Uint8Array),
    time: String(record.time),
    ingested_at: String(INGESTED_AT),
    topic_id: TOPIC_ID,
    kafka_partition: String(PARTITION),
    kafka_offset: String(FIRST_OFFSET + index),
  }
  return columns(authAudits).map(({ name }) => known[name] ?? String(record[name] ?? ''))
}

/** Every row of the table by its offset, with times as numbers. */
async function rows(): Promise<string[][]> {
  const selected = columns(authAudits).map(({ name, type }) => {
    if (!type.startsWith('DateTime64')) return `toString(${name})`
    return `toString(${type.includes('(6') ? 'toUnixTimestamp64Micro' : 'toUnixTimestamp64Milli'}(${name}))`
  })
  const result = await sandbox.clickhouse.query({
    query: `SELECT ${selected.join(', ')} FROM ${authAudits.name} ORDER BY kafka_offset`,
    format: 'JSONCompactEachRow',
  })
  return result.json<string[]>()
}

it('ClickHouse reads the blocks and returns every value of every column', async () => {
  const transcoder = createTranscoder({ stream: authAudits, schemas: new Map() })
  const encode = datumEncoder(authAudits)
  const records = Array.from({ length: 2_000 }, (_, index) => recordOf(index))
  const values = records.map((record) => singleObject(avroSchema(authAudits), encode(record)))
  const range = rangeOf(values, { timestamp: NOON, firstOffset: FIRST_OFFSET })
  const provenance = { topicId: TOPIC_ID, partition: PARTITION, ingestedAt: INGESTED_AT }

  const { days, poison } = transcoder.transcode(range, provenance)
  expect(poison).toEqual([])
  expect(days.map(({ day, rows }) => [day, rows])).toEqual([
    ['2026-01-13', 666],
    ['2026-01-14', 667],
    ['2026-01-15', 667],
  ])
  const insertBlock = blockInserter(sandbox.config('ingest'), { requestTimeoutMs: 10_000, maxConnections: 1 })
  const sendBy = Date.now() + 60_000
  for (const { day, pieces } of days) await insertBlock(authAudits, pieces, `token-${day}`, sendBy)
  expect(await rows()).toEqual(records.map(stored))

  // Each day is one part, so it arrived as a whole; and its token admits it once.
  expect(await sandbox.scalar(`SELECT uniqExact(_part) FROM ${authAudits.name}`)).toBe('3')
  for (const { day, pieces } of days) await insertBlock(authAudits, pieces, `token-${day}`, sendBy)
  expect(await sandbox.scalar(`SELECT count() FROM ${authAudits.name}`)).toBe('2000')
})
