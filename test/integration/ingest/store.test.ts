import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { makeSegments, SEGMENT_BYTES } from '../../../services/ingest/memory/segments.js'
import { RangeBuffer } from '../../../services/ingest/partition/range/range_buffer.js'
import { datumEncoder, singleObject } from '../../fixtures/records/avro_values.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

// The compiled module, because it runs on its own thread.
const built = join(import.meta.dirname, '..', '..', '..', 'dist', 'services', 'ingest', 'store', 'store.js')
const { openStore }: typeof import('../../../services/ingest/store/store.js') = await import(pathToFileURL(built).href)

const SECOND = 1_000
const TOPIC_ID = '0190f3c8-7b1e-7c3a-9d2e-aabbccddeeff'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
})
afterAll(() => sandbox.close())

/** A store that has one record as columns of its day. */
async function holding(clickhouse: ReturnType<Sandbox['config']>) {
  const segments = makeSegments(8 * SEGMENT_BYTES)
  const onExit = vi.fn()
  const store = openStore(
    { clickhouse, registry: {}, requestTimeoutMs: 10 * SECOND, segments: segments.shared },
    onExit,
  )
  const timestamp = Date.now()
  const datum = datumEncoder(authAudits)({ event_id: Buffer.alloc(16, 7), time: timestamp * 1_000 })
  const bytes = singleObject(avroSchema(authAudits), datum)
  const { length } = bytes
  const builder = new RangeBuffer(5, segments)
  const value = { keyStart: 0, keyLength: -1, valueStart: 0, valueLength: length }
  builder.append({ bytes, start: 0, end: length, offset: 5, timestamp, ...value })
  const batch = store.hold({ stream: 'auth_audits', topicId: TOPIC_ID, partition: 0, range: builder.build() })
  const { days } = await batch.transcode()
  return { store, onExit, batch, day: days[0]?.day ?? '' }
}

it('does not complete an insert after its deadline, and completes one with more time', async () => {
  const { store, onExit, batch, day } = await holding(sandbox.config('ingest'))
  const count = () => sandbox.scalar('SELECT count() FROM auth_audits')

  const late = batch.insert(day, 'token', Date.now() - 1)
  await expect(late).rejects.toMatchObject({ failure: { code: 'INGEST_INSERT_LATE', retriable: true } })
  expect(await count()).toBe('0')
  await batch.insert(day, 'token', Date.now() + 10 * SECOND)
  expect(await count()).toBe('1')

  batch.discard()
  await store.close()
  expect(onExit).not.toHaveBeenCalled()
})

it.each([
  ['ClickHouse refuses it', { CLICKHOUSE_PASSWORD: 'wrong' }, 'CLICKHOUSE_AUTHENTICATION_FAILED'],
  ['nothing answers', { CLICKHOUSE_URL: 'http://127.0.0.1:1' }, 'CLICKHOUSE_UNREACHABLE'],
])('reports the error when %s', async (_name, changed, code) => {
  const { store, batch, day } = await holding({ ...sandbox.config('ingest'), ...changed })
  const sent = batch.insert(day, 'token', Date.now() + 10 * SECOND)
  await expect(sent).rejects.toMatchObject({ failure: { code, retriable: true } })
  await store.close()
})
