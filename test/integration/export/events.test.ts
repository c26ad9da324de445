import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { buildReader, type Reader } from '../../fixtures/query/reader.js'

let reader: Reader
let exporter: Exporter

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  exporter = await buildExporter(reader)
})

afterAll(async () => {
  await exporter.app.close()
  await reader.close()
})

const CONTEXT = { 'a.b': null, empty: {}, list: [1.5, [], 'é"\\\n\u0000'], when: '2026-11-28T12:00:20' }

it('an export has contexts as they were, as JSON lines, CSV and Parquet', async () => {
  const event_id = randomUUID()
  const bare = randomUUID()
  const stored = {
    ...{ event_id, time: '2026-11-28 12:00:00.000001', org_id: 'o"1', action: '=1+1', app: 'a' },
    // Another producer may break its lines between the members.
    context: JSON.stringify(CONTEXT, undefined, '\r\n  '),
    topic_id: randomUUID(),
  }
  const values = [stored, { event_id: bare, time: '2026-11-28 12:00:01.000000', topic_id: randomUUID() }]
  await reader.client('ingest').insert({ table: 'events', values, format: 'JSONEachRow' })

  const text = await exporter.text({}, { stream: 'events' })
  const absent = { client_ip: '', expires: '', user: {}, brand: {} }
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    {
      ...absent,
      event_id,
      time: '2026-11-28T12:00:00.000001Z',
      org_id: 'o"1',
      action: '=1+1',
      app: 'a',
      context: CONTEXT,
    },
    { ...absent, event_id: bare, time: '2026-11-28T12:00:01.000000Z', org_id: '', action: '', app: '', context: {} },
  ])
  const after = { page_at_key: ['2026-11-28T12:00:00.000001Z', event_id] }
  expect((await exporter.text(after, { stream: 'events' })).trimEnd().split('\n')).toHaveLength(1)
  const csv = await exporter.text({ format: 'csv' }, { stream: 'events' })
  expect(csv).toContain(`"'=1+1"`)
  const parquet = await exporter.ask({ format: 'parquet' }, { stream: 'events' })
  expect(Buffer.from(await parquet.arrayBuffer()).toString('latin1', 0, 4)).toBe('PAR1')
})
