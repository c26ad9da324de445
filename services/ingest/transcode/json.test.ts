import { expect, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { events, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'
import { datumEncoder, rangeOf, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { readNativeBlock } from '../../../test/fixtures/records/native_block.js'
import { createTranscoder } from './index.js'

const NOON = Date.UTC(2026, 0, 15, 12)
const transcoder = createTranscoder({ stream: events, schemas: new Map() })
const encode = datumEncoder(events)

/** A record whose JSON field has this text. */
function record(context: string | null): Buffer {
  return singleObject(
    avroSchema(events),
    encode({ event_id: Buffer.alloc(16, 7), time: NOON * 1000, action: 'login', context }),
  )
}

function transcode(texts: readonly (string | null)[]) {
  const { days, poison } = transcoder.transcode(rangeOf(texts.map(record), { timestamp: NOON }), {
    topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566',
    partition: 0,
    ingestedAt: NOON,
  })
  const rows = days.flatMap(({ pieces }) => readNativeBlock(Buffer.concat(pieces)).rows)
  return { poison, stored: rows.map((row) => [Number(row.kafka_offset), String(row.context)]) }
}

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const LONG = `{"a":"${'x'.repeat(32 * 1024 - 8)}"}`

it('stores the text of an object unchanged, also one that is longer than other fields may be', () => {
  const texts = ['{"b": {"c":[1, null, "größe"]}, "a":false}', '', '{}', LONG, nested(16)]
  expect(LONG.length).toBe(32 * 1024)
  expect(LONG.length).toBeGreaterThan(MAX_FIELD_BYTES)
  expect(transcode([...texts, null])).toEqual({
    poison: [],
    stored: [...texts, ''].map((text, index) => [index, text]),
  })
})

it('rejects only the record whose text is no object, too deep, or has too many members', () => {
  const broken = [
    ...['no JSON', '"c0ffee"', '["c0ffee"]', 'null', '{"a":"c0ffee"', '{"a":1e999}', '{"a":"\\ud800"}', nested(17)],
    `{"a":[${'0,'.repeat(2_000)}"c0ffee"]}`,
  ]
  const { poison, stored } = transcode([...broken, '{"a":1}'])
  expect(poison.map(({ index, reason }) => [index, reason])).toEqual(broken.map((_, index) => [index, 'bad_json']))
  for (const { detail } of poison) {
    expect(detail).toMatch(/^The text of a JSON field .* Field context, byte \d+ of the datum\.$/)
    expect(detail).not.toContain('c0ffee')
  }
  expect(stored).toEqual([[broken.length, '{"a":1}']])
})

it('rejects text that is longer than its field may be', () => {
  expect(transcode([`${LONG} `]).poison.map(({ reason }) => reason)).toEqual(['field_too_large'])
})
