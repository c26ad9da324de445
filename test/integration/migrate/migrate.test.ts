import { randomBytes } from 'node:crypto'
import { afterEach, expect, inject, it } from 'vitest'
import { type Migration, migrationsDirectory, readMigrations } from '../../../services/migrate/files.js'
import { createDatabase, migrate } from '../../../services/migrate/migrations.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const sandboxes: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close()
})

function migration(version: number, ...statements: string[]): Migration {
  return { version, name: `000${version}_test.sql`, checksum: statements.join(), statements }
}

const CREATE = 'CREATE TABLE IF NOT EXISTS t (x UInt8) ENGINE = ReplacingMergeTree ORDER BY x'
const ADD = 'ALTER TABLE t ADD COLUMN IF NOT EXISTS y String'

async function emptyDatabase() {
  const sandbox = await createSandbox(inject('servers'))
  sandboxes.push(sandbox)
  const database = `gatelog_${randomBytes(5).toString('hex')}`
  await createDatabase(sandbox.client('migrate', 'default'), database)
  return { sandbox, client: sandbox.client('migrate', database), another: () => sandbox.client('migrate', database) }
}

const versions = (migrations: readonly Migration[]) => migrations.map(({ version }) => version)

it('applies what is missing, in order, and nothing twice', async () => {
  const { client } = await emptyDatabase()
  const first = [migration(1, CREATE)]
  const both = [...first, migration(2, ADD)]
  expect(versions(await migrate(client, first))).toEqual([1])
  expect(versions(await migrate(client, both))).toEqual([2])
  expect(versions(await migrate(client, both))).toEqual([])
})

it('may run several times at once', async () => {
  const { client, another } = await emptyDatabase()
  const migrations = [migration(1, CREATE), migration(2, ADD)]
  await Promise.all(Array.from({ length: 4 }, () => migrate(another(), migrations)))
  expect(versions(await migrate(client, migrations))).toEqual([])
  const result = await client.query({
    query: 'SELECT version FROM schema_migrations FINAL ORDER BY version',
    format: 'JSONEachRow',
  })
  expect(await result.json()).toEqual([{ version: 1 }, { version: 2 }])
})

it('goes on where a run broke off', async () => {
  const { client } = await emptyDatabase()
  await expect(migrate(client, [migration(1, CREATE, 'SELECT nonsense')])).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
  })
  expect(versions(await migrate(client, [migration(1, CREATE, ADD)]))).toEqual([1])
})

it('refuses a file that was changed or has gone, and changes nothing', async () => {
  const { client } = await emptyDatabase()
  await migrate(client, [migration(1, CREATE)])
  await expect(migrate(client, [migration(1, CREATE, ADD)])).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' })
  await expect(migrate(client, [])).rejects.toMatchObject({ code: 'MIGRATION_MISSING' })
  const result = await client.query({ query: 'DESCRIBE TABLE t', format: 'JSONEachRow' })
  expect(await result.json()).toHaveLength(1)
})

it('keeps what is stored where a table is made anew, also when runs are at it at once', async () => {
  const { client, another } = await emptyDatabase()
  const shipped = await readMigrations(migrationsDirectory)
  const before = shipped.filter(({ version }) => version < 6)
  await migrate(client, before)
  for (const table of ['auth_audits', 'audits']) {
    await client.command({
      query: `INSERT INTO ${table} (event_id, time, org_id, user_id)
        SELECT generateUUIDv7(number), now64(6) - toIntervalHour(number), 'o', toString(number) FROM numbers(5000)`,
      clickhouse_settings: { max_partitions_per_insert_block: '0' },
    })
  }
  await Promise.all(Array.from({ length: 3 }, () => migrate(another(), shipped)))
  for (const table of ['auth_audits', 'audits']) {
    const result = await client.query({
      query: `SELECT toString(count()), toString(uniqExact(user_id)) FROM ${table}`,
      format: 'JSONCompactEachRow',
    })
    expect(await result.json()).toEqual([['5000', '5000']])
    // It takes inserts again.
    await client.command({ query: `INSERT INTO ${table} (event_id, time) VALUES (generateUUIDv7(), now64(6))` })
  }
})
