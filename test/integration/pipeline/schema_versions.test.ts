import { randomBytes, randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import avro, { type Schema } from 'avsc'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { migrationsDirectory, readMigrations } from '../../../services/migrate/files.js'
import { createDatabase, migrate } from '../../../services/migrate/migrations.js'
import { streamReader } from '../../fixtures/query/stream_reader.js'
import { singleObject } from '../../fixtures/records/avro_values.js'
import { scalar } from '../../fixtures/records/scalar.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
})
afterAll(() => sandbox.close())

/** What a program built with version 1 sends: it uses only the released schema, nothing of this build. */
function writtenByVersion1(fields: Readonly<Record<string, string>>, eventId: string, time: number): Buffer {
  const schema = readReleasedSchemas(authAudits).get(1)
  if (schema === undefined) throw new Error('version 1 of auth_audits is not there')
  const type = avro.Type.forSchema(schema as Schema)
  const absent = Object.fromEntries(schema.fields.slice(2).map(({ name }) => [name, null]))
  const event_id = Buffer.from(eventId.replaceAll('-', ''), 'hex')
  return singleObject(schema, type.toBuffer({ ...absent, ...fields, event_id, time: time * 1000 }))
}

const ADDED = ['event_name', 'result', 'request_id']

it('records of both versions pass side by side, each with its fields', async () => {
  const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `${name} of both`]))
  const ofVersion1 = Object.fromEntries(Object.entries(fields).filter(([name]) => !ADDED.includes(name)))
  expect(Object.keys(ofVersion1)).toHaveLength(authAudits.fields.length - ADDED.length)
  const base = Date.now() - 60_000
  const producer = sandbox.kafka.producer()
  await producer.connect()
  const expected: Record<string, string>[] = []
  for (let i = 0; i < 40; i++) {
    const event_id = randomUUID()
    const time = base + i
    if (i % 2 === 0) {
      const value = writtenByVersion1(ofVersion1, event_id, time)
      await producer.send({ topic: sandbox.topic, messages: [{ value }] })
    } else await sandbox.emitter.publish({ ...fields, event_id, time: new Date(time) })
    const shown = new Date(time).toISOString().replace('Z', '000Z')
    expected.unshift({ event_id, time: shown, ...(i % 2 === 0 ? ofVersion1 : fields), outcome: 'unknown' })
  }
  await producer.disconnect()
  const ingest = await sandbox.startIngest()
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '40')).toBe('40')

  const read = streamReader(sandbox.client('query'))
  expect(await read('auth_audits')).toEqual(expected)
  for (const name of ADDED) {
    expect(await read('auth_audits', { [name]: `${name} of both` })).toEqual(expected.filter((record) => record[name]))
  }
  expect(ingest.log.filter(({ msg }) => msg === 'dead-lettered')).toEqual([])
})

it('rows that were stored before the columns existed are records without these fields', async () => {
  const database = `gatelog_${randomBytes(5).toString('hex')}`
  await createDatabase(sandbox.client('migrate', 'default'), database)
  const client = sandbox.client('migrate', database)
  await migrate(client, await readMigrations(migrationsDirectory))
  // The table as it would be if a later version added the columns.
  for (const name of await projections(client)) {
    await client.command({ query: `ALTER TABLE auth_audits DROP PROJECTION ${name}` })
  }
  for (const name of ADDED) {
    const indexes = [`wide_${name}`, `by_${name}`, `wide_tenant_${name}`, `by_tenant_${name}`]
    await client.command({
      query: `ALTER TABLE auth_audits ${indexes.map((index) => `DROP INDEX ${index}`).join(', ')}`,
    })
    await client.command({ query: `ALTER TABLE auth_audits DROP COLUMN ${name}` })
  }
  const event_id = randomUUID()
  const row = { event_id, time: `${new Date().toISOString().slice(0, 10)} 00:00:00.000000`, user_id: 'ada' }
  await sandbox.client('ingest', database).insert({ table: 'auth_audits', values: [row], format: 'JSONEachRow' })
  for (const name of ADDED) {
    await client.command({ query: `ALTER TABLE auth_audits ADD COLUMN ${name} LowCardinality(String)` })
  }

  const read = streamReader(sandbox.client('query', database))
  expect(await read('auth_audits', { user_id: 'ada' })).toEqual([
    { event_id, time: row.time.replace(' ', 'T').concat('Z'), user_id: 'ada', outcome: 'unknown' },
  ])
  expect(await read('auth_audits', { result: 'Success' })).toEqual([])
})

async function projections(client: ClickHouseClient): Promise<readonly string[]> {
  const statement = await scalar(client, 'SHOW CREATE TABLE auth_audits')
  return [...statement.matchAll(/PROJECTION (\w+)/g)].map(([, name = '']) => name)
}
