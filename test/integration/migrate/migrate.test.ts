import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterEach, expect, inject, it } from 'vitest'
import { type Migration, readMigrations } from '../../../services/migrate/files.js'
import { createDatabase, migrate } from '../../../services/migrate/migrations.js'
import type { ClickHouseConfig } from '../../../services/runtime/clickhouse.js'
import { scalar } from '../../fixtures/records/scalar.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const sandboxes: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close()
})

function migration(version: number, ...statements: string[]): Migration {
  return { version, name: `000${version}_test.sql`, checksum: statements.join(), statements }
}

const CREATE = 'CREATE TABLE IF NOT EXISTS t (x UInt64) ENGINE = ReplacingMergeTree ORDER BY x'
const ADD = 'ALTER TABLE t ADD COLUMN IF NOT EXISTS y String'

async function emptyDatabase() {
  const sandbox = await createSandbox(inject('servers'))
  sandboxes.push(sandbox)
  const database = `gatelog_${randomBytes(5).toString('hex')}`
  await createDatabase(sandbox.client('migrate', 'default'), database)
  return {
    sandbox,
    database,
    client: sandbox.client('migrate', database),
    another: () => sandbox.client('migrate', database),
  }
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

it('continues where a run stopped', async () => {
  const { client } = await emptyDatabase()
  await expect(migrate(client, [migration(1, CREATE, 'SELECT nonsense')])).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
  })
  expect(versions(await migrate(client, [migration(1, CREATE, ADD)]))).toEqual([1])
})

it('rejects a file that was changed or is missing, and changes nothing', async () => {
  const { client } = await emptyDatabase()
  await migrate(client, [migration(1, CREATE)])
  await expect(migrate(client, [migration(1, CREATE, ADD)])).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' })
  await expect(migrate(client, [])).rejects.toMatchObject({ code: 'MIGRATION_MISSING' })
  const result = await client.query({ query: 'DESCRIBE TABLE t', format: 'JSONEachRow' })
  expect(await result.json()).toHaveLength(1)
})

it('waits for another run, and says so when that takes too long', async () => {
  const { client, another } = await emptyDatabase()
  const slow = migration(
    1,
    CREATE,
    'CREATE TABLE IF NOT EXISTS u ENGINE = MergeTree ORDER BY x AS SELECT sleep(3) AS x',
  )
  const first = migrate(client, [slow])
  await eventually(client, "SELECT count() FROM system.tables WHERE name = 't' AND database = currentDatabase()", '1')
  await expect(migrate(another(), [slow], { lockWaitMs: 500 })).rejects.toMatchObject({
    code: 'MIGRATION_LOCKED',
    retriable: true,
  })
  const next = migrate(another(), [slow])
  expect(versions(await first)).toEqual([1])
  expect(versions(await next)).toEqual([])
})

it('a run that is killed inside a long statement, and its successors, miss no record that is written meanwhile', async () => {
  const { sandbox, database, client, another } = await emptyDatabase()
  const directory = await mkdtemp(join(tmpdir(), 'gatelog-migrations-'))
  await writeFile(join(directory, '0001_t.sql'), `${CREATE} SETTINGS index_granularity = 64;`)
  await writeFile(join(directory, '0002_copy.sql'), COPY)
  const migrations = await readMigrations(directory)
  await migrate(client, migrations.slice(0, 1))
  await client.command({ query: `INSERT INTO t SELECT number FROM numbers(${STORED})` })

  const writers = startWriters(sandbox.client('ingest', database))
  const killed = startMigration(directory, { ...sandbox.config('migrate'), CLICKHOUSE_DATABASE: database })
  // The copy's table, before it takes the place of the other.
  await eventually(
    client,
    "SELECT count() FROM system.tables WHERE name LIKE '%replace%' AND database = currentDatabase()",
    '1',
  )
  killed.kill('SIGKILL')
  const [, signal] = await once(killed, 'exit')
  expect(signal).toBe('SIGKILL')
  const applied = await Promise.all([migrate(another(), migrations), migrate(another(), migrations)])
  expect(applied.map(versions).toSorted()).toEqual([[], [2]])

  await sleep(500)
  const acknowledged = await writers.stop()
  expect(acknowledged).toBeGreaterThan(0)
  expect(await scalar(client, 'SELECT uniqExact(x) FROM t')).toBe(String(STORED + acknowledged))
  await rm(directory, { recursive: true })
})

const STORED = 3_000
/** A migration that makes a table again from its rows. It blocks inserts first: what a copy does not see is lost. */
const COPY = `
ALTER TABLE t MODIFY SETTING max_parts_in_total = 0;
-- Inserts that ClickHouse has accepted before end meanwhile.
SELECT sleep(1);
CREATE OR REPLACE TABLE t (x UInt64) ENGINE = ReplacingMergeTree ORDER BY x SETTINGS index_granularity = 64
  AS SELECT x FROM t WHERE sleepEachRow(0.001) = 0 SETTINGS max_block_size = 64;
`

/** Writes rows, one at a time and each until it is stored, until it is stopped. */
function startWriters(client: ClickHouseClient) {
  let running = true
  let next = STORED
  let acknowledged = 0
  async function write(): Promise<void> {
    while (running) {
      const x = next++
      for (;;) {
        try {
          await client.insert({ table: 't', values: [{ x }], format: 'JSONEachRow' })
          break
        } catch {
          await sleep(20)
        }
      }
      acknowledged++
    }
  }
  const writers = [write(), write()]
  return {
    /** Resolves with the number of rows that ClickHouse has acknowledged. */
    async stop() {
      running = false
      await Promise.all(writers)
      return acknowledged
    },
  }
}

/** Applies the migrations of a directory in a process of its own, which a test can kill. */
function startMigration(directory: string, config: ClickHouseConfig): ChildProcess {
  const program = (name: string) => JSON.stringify(new URL(`../../../dist/services/${name}.js`, import.meta.url).href)
  const script = `
    const { connectClickHouse } = await import(${program('runtime/clickhouse')})
    const { readMigrations } = await import(${program('migrate/files')})
    const { migrate } = await import(${program('migrate/migrations')})
    const client = connectClickHouse(${JSON.stringify(config)}, 'gatelog-migrate')
    await migrate(client, await readMigrations(${JSON.stringify(directory)}))`
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function eventually(client: ClickHouseClient, query: string, expected: string): Promise<void> {
  const deadline = Date.now() + 30_000
  while ((await scalar(client, query)) !== expected) {
    if (Date.now() > deadline) throw new Error(`never ${expected}: ${query}`)
    await sleep(20)
  }
}
