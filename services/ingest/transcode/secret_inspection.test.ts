import { expect, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { type Datum, datumEncoder, rangeOf, singleObject } from '../../../test/fixtures/records/avro_values.js'
import { type AuthAudit, inMemoryEmitter } from '../../emitter/index.js'
import { createTranscoder, INSPECTED_ONE_IN } from './index.js'

const NOW = Date.UTC(2026, 0, 15, 12)
const EXPECTED = 60
const RECORDS = EXPECTED * INSPECTED_ONE_IN
const encode = datumEncoder(authAudits)
const transcoder = createTranscoder({ stream: authAudits, schemas: new Map() })

function encoded(fields: Datum): Buffer {
  const datum = encode({ event_id: Buffer.alloc(16, 1), time: NOW * 1000, ...fields })
  return singleObject(avroSchema(authAudits), datum)
}

/** What is counted in a range that repeats these records. */
function counted(records: readonly Datum[], firstOffset = 0) {
  const values = records.map(encoded)
  const repeated = Array.from({ length: RECORDS }, (_, index) => values[index % values.length] as Buffer)
  const range = rangeOf(repeated, { timestamp: NOW, firstOffset })
  const provenance = { topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566', partition: 0, ingestedAt: NOW }
  const { secrets, days } = transcoder.transcode(range, provenance)
  expect(days.map(({ rows }) => rows)).toEqual([RECORDS])
  return secrets
}

const LEAK = { issuer: 'https://a.example/?access_token=abcdef', user_agent: 'password=hunter2' }

it.each([0, 2 ** 31 - 5_000, 2 ** 40 + 7])(
  'counts secrets by kind, in about one record in 1,024, from offset %i',
  (first) => {
    const secrets = counted([LEAK], first)
    expect(secrets).toEqual({ key: secrets.key, url: secrets.key })
    expect(secrets.key).toBeGreaterThan(EXPECTED * 0.7)
    expect(secrets.key).toBeLessThan(EXPECTED * 1.3)
  },
)

it('sees a producer among others in its share, whatever the rhythm', () => {
  for (const every of [2, 3, 4]) {
    const { key = 0 } = counted([LEAK, ...Array(every - 1).fill({ user_agent: 'Firefox' })])
    expect(key, `every ${every}`).toBeGreaterThan((EXPECTED / every) * 0.4)
    expect(key, `every ${every}`).toBeLessThan((EXPECTED / every) * 1.6)
  }
})

it('counts nothing in records of an emitter, whatever it has replaced', () => {
  const secrets = ['password=hunter2', '{"pin":"1234"}', 'Cookie: a=1', 'Bearer a1B2c3D4e5F6g7', 'Tr0ub4dor&3!']
  const emitter = inMemoryEmitter()
  const given = secrets.map((text): AuthAudit => ({ user_agent: text, issuer: text, upstream_user_id: text }))
  for (const record of given) emitter.emit(record)
  expect(Object.keys(counted(given as Datum[])).sort()).toEqual(['cookie', 'credentials', 'key', 'user_name'])
  expect(counted(emitter.records.map(({ fields }) => fields))).toEqual({})
})
