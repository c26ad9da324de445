import type { ClickHouseClient } from '@clickhouse/client'
import { createStatement, type View } from '../../schemas/derive/views/index.js'
import { MigrationError } from './errors.js'
import type { Migration } from './files.js'
import { lockMigrations, type MigrationLock } from './lock.js'

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

export interface MigrateOptions {
  /** The views to create or replace after the migrations. */
  readonly views?: readonly View[]
  /** How long a run waits for another one. */
  readonly lockWaitMs?: number
}

/**
 * Applies the migrations that a database lacks, in order, and returns them; then replaces the views. One run at a time
 * works on a database (see `lock.ts`).
 *
 * ClickHouse has no transaction over several statements. Instead every statement can run again: a run that stopped
 * inside a file leaves no entry for it in the ledger, and the next run repeats the file.
 *
 * @throws {MigrationError} when an applied file was changed or is missing, a statement fails, or another run holds the
 * lock
 */
export async function migrate(
  client: ClickHouseClient,
  migrations: readonly Migration[],
  { views = [], lockWaitMs = 600_000 }: MigrateOptions = {},
): Promise<readonly Migration[]> {
  const lock = await lockMigrations(client, lockWaitMs)
  try {
    await lock.run(CREATE_LEDGER)
    const applied = await readLedger(client)
    rejectChanges(applied, migrations)
    const missing = migrations.filter(({ version }) => !applied.has(version))
    for (const migration of missing) await apply(client, lock, migration)
    for (const view of views) await run(lock, `view ${view.name}`, createStatement(view))
    return missing
  } finally {
    lock.release()
  }
}

/**
 * Creates the database. `client` must use another database: ClickHouse rejects a session in one that does not exist.
 */
export async function createDatabase(client: ClickHouseClient, database: string): Promise<void> {
  await client.command({ query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}', query_params: { database } })
}

const CREATE_LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32 COMMENT 'The number of the migration file.',
    name String COMMENT 'The name of the migration file.',
    checksum String COMMENT 'The SHA-256 of the migration file.',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When its last statement ended.'
)
ENGINE = ReplacingMergeTree
ORDER BY (version, checksum)
COMMENT 'The migrations that this database has applied.'`

async function readLedger(client: ClickHouseClient): Promise<ReadonlyMap<number, Applied>> {
  const result = await client.query({
    query: 'SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version, applied_at',
    format: 'JSONEachRow',
  })
  const rows = await result.json<Applied>()
  return new Map(rows.map((row) => [row.version, row]))
}

function rejectChanges(applied: ReadonlyMap<number, Applied>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  for (const { version, name, checksum } of applied.values()) {
    const file = known.get(version)
    if (file === undefined) {
      throw new MigrationError(
        'MIGRATION_MISSING',
        `The database has applied ${name}, which this version of Gatelog does not have. Run the version that wrote it, or a newer one.`,
      )
    }
    if (file.checksum !== checksum) {
      throw new MigrationError(
        'MIGRATION_CHANGED',
        `${file.name} was changed after this database applied it. Restore the file, and put the change into a new migration.`,
      )
    }
  }
}

/** Runs a file's statements, then enters the file into the ledger. */
async function apply(client: ClickHouseClient, lock: MigrationLock, migration: Migration): Promise<void> {
  for (const statement of migration.statements) await run(lock, migration.name, statement)
  const { version, name, checksum } = migration
  await client.insert({
    table: 'schema_migrations',
    values: [{ version, name, checksum }],
    format: 'JSONEachRow',
  })
}

async function run(lock: MigrationLock, origin: string, statement: string): Promise<void> {
  try {
    await lock.run(statement)
  } catch (error) {
    if (error instanceof MigrationError) throw error
    const firstLine = statement.split('\n')[0]
    throw new MigrationError('MIGRATION_FAILED', `${origin}, at “${firstLine}”: ${(error as Error).message}`)
  }
}
