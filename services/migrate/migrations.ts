import type { ClickHouseClient } from '@clickhouse/client'
import { MigrationError } from './errors.js'
import type { Migration } from './files.js'

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/**
 * Applies the migrations that a database lacks, in order, and returns them.
 *
 * ClickHouse has no transaction over statements and no lock to hold, so none is pretended: every statement may run again, which makes
 * a migration that broke off go on at the next run, and two runs at once harmless. The ledger is written after a file's last statement.
 *
 * @throws {MigrationError} when a file that was applied has been changed or is gone, or a statement fails
 */
export async function migrate(
  client: ClickHouseClient,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  await createLedger(client)
  const applied = await readLedger(client)
  refuseChanges(applied, migrations)
  const missing = migrations.filter(({ version }) => !applied.has(version))
  for (const migration of missing) {
    for (const statement of migration.statements) await run(client, migration, statement)
    await client.insert({
      table: 'schema_migrations',
      values: [{ version: migration.version, name: migration.name, checksum: migration.checksum }],
      format: 'JSONEachRow',
    })
  }
  return missing
}

/** Creates the database. `client` is one whose own database exists already: a session in one that does not is refused. */
export async function createDatabase(client: ClickHouseClient, database: string): Promise<void> {
  await client.command({ query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}', query_params: { database } })
}

async function createLedger(client: ClickHouseClient): Promise<void> {
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS schema_migrations
      (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = ReplacingMergeTree ORDER BY (version, checksum)`,
  })
}

async function readLedger(client: ClickHouseClient): Promise<ReadonlyMap<number, Applied>> {
  const result = await client.query({
    query: 'SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version, applied_at',
    format: 'JSONEachRow',
  })
  const rows = await result.json<Applied>()
  return new Map(rows.map((row) => [row.version, row]))
}

function refuseChanges(applied: ReadonlyMap<number, Applied>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  for (const { version, name, checksum } of applied.values()) {
    const file = known.get(version)
    if (file === undefined) {
      throw new MigrationError(
        'MIGRATION_MISSING',
        `The database has run ${name}, which this version of Gatelog does not have. Run the version that wrote it, or a newer one.`,
      )
    }
    if (file.checksum !== checksum) {
      throw new MigrationError(
        'MIGRATION_CHANGED',
        `${file.name} has been changed since this database ran it. Restore the file, and put the change into a new migration.`,
      )
    }
  }
}

async function run(client: ClickHouseClient, migration: Migration, statement: string): Promise<void> {
  try {
    await client.command({ query: statement, clickhouse_settings: { wait_end_of_query: 1 } })
  } catch (error) {
    const firstLine = statement.split('\n')[0]
    throw new MigrationError('MIGRATION_FAILED', `${migration.name}, at “${firstLine}”: ${(error as Error).message}`)
  }
}
