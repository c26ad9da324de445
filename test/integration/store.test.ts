import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, inject, it, vi } from 'vitest'
import { avroSchema } from '../../schemas/derive/avro.js'
import { authAudits } from '../../schemas/streams/index.js'
import { RangeBuilder } from '../../services/ingest/range.js'
import { makeSegments, SEGMENT_BYTES } from '../../services/ingest/segments.js'
import { datumEncoder, singleObject } from '../fixtures/avro_values.js'
import { buildHouse } from '../fixtures/house.js'

// Built, since it runs on a thread of its own.
const built = join(import.meta.dirname, '..', '..', 'dist', 'services', 'ingest', 'store', 'store.js')
const { openStore }: typeof import('../../services/ingest/store/store.js') = await import(pathToFileURL(built).href)

const SECOND = 1_000
const TOPIC_ID = '0190f3c8-7b1e-7c3a-9d2e-aabbccddeeff'

it('sends no insert after its time, and sends it when it is given more', async () => {
  const house = await buildHouse(inject('servers'))
  const segments = makeSegments(8 * SEGMENT_BYTES)
  const options = {
    clickhouse: house.config('ingest'),
    requestTimeoutMs: 10 * SECOND,
    segments: segments.shared,
  }
  const onExit = vi.fn()
  const store = openStore(options, onExit)
  const timestamp = Date.now()
  const datum = datumEncoder(authAudits)({ event_id: Buffer.alloc(16, 7), time: timestamp * 1_000 })
  const bytes = singleObject(avroSchema(authAudits), datum)
  const { length } = bytes
  const builder = new RangeBuilder(5, segments)
  builder.append({ bytes, start: 0, end: length, offset: 5, timestamp, valueStart: 0, valueLength: length })
  const batch = store.hold({ stream: 'auth_audits', topicId: TOPIC_ID, partition: 0, range: builder.build() })
  const { days } = await batch.transcode()
  const day = days[0]?.day ?? ''
  const count = () => house.scalar('SELECT count() FROM auth_audits')

  const late = batch.insert(day, 'token', Date.now() - 1)
  await expect(late).rejects.toMatchObject({ failure: { code: 'INGEST_INSERT_LATE', retriable: true } })
  expect(await count()).toBe('0')
  await batch.insert(day, 'token', Date.now() + 10 * SECOND)
  expect(await count()).toBe('1')

  batch.discard()
  await store.close()
  await house.close()
  expect(onExit).not.toHaveBeenCalled()
})
