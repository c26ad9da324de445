import { expect, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { audits } from '../../../schemas/streams/index.js'
import { datumEncoder, rangeOf, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { readNativeBlock } from '../../../test/fixtures/records/native_block.js'
import { createTranscoder } from './index.js'

const NOON = Date.UTC(2026, 0, 15, 12)
const transcoder = createTranscoder({ stream: audits, schemas: new Map() })
const encode = datumEncoder(audits)

/** A record whose list field has this text. */
function record(audit_attributes: string | null): Buffer {
  return singleObject(
    avroSchema(audits),
    encode({ event_id: Buffer.alloc(16, 7), time: NOON * 1000, action: 'CREATE', audit_attributes }),
  )
}

function transcode(texts: readonly (string | null)[]) {
  const { days, poison } = transcoder.transcode(rangeOf(texts.map(record), { timestamp: NOON }), {
    topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566',
    partition: 0,
    ingestedAt: NOON,
  })
  const rows = days.flatMap(({ pieces }) => readNativeBlock(Buffer.concat(pieces)).rows)
  return { poison, stored: rows.map((row) => [Number(row.kafka_offset), String(row.audit_attributes)]) }
}

it('stores the text of a list unchanged', () => {
  const text = '[{"attribute_type":"role","attribute_id":"größe"}, {"attribute_name":null}]'
  expect(transcode([text, null, '', '[]'])).toEqual({
    poison: [],
    stored: [
      [0, text],
      [1, ''],
      [2, ''],
      [3, '[]'],
    ],
  })
})

it('rejects only the record whose list text is malformed', () => {
  const broken = ['no JSON', '{"attribute_id":"c0ffee"}', '[{"attribute_id":7}]', '[{"color":"c0ffee"}]', '["c0ffee"]']
  const { poison, stored } = transcode([...broken, '[{"attribute_id":"1"}]', null])
  expect(poison.map(({ index, reason }) => [index, reason])).toEqual(broken.map((_, index) => [index, 'bad_list']))
  for (const { detail } of poison) {
    expect(detail).toMatch(/^The text of a list .* Field audit_attributes, byte \d+ of the datum\.$/)
    expect(detail).not.toContain('c0ffee')
  }
  expect(stored).toEqual([
    [5, '[{"attribute_id":"1"}]'],
    [6, ''],
  ])
})
