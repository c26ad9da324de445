import type { ClickHouseClient } from '@clickhouse/client'
import { currentDatabase, holdQueryId, type WhenBusy, whenIdIsFree } from '../runtime/clickhouse_lock.js'
import { MigrationError } from './errors.js'

/** The right to change a database's schema, which one run at a time has. */
export interface MigrationLock {
  /**
   * Runs a statement. First waits for the end of a statement that an earlier run left behind.
   *
   * @throws {MigrationError} `MIGRATION_LOCK_LOST` when the lock is gone, `MIGRATION_LOCKED` when the wait takes too
   * long
   * @throws {ClickHouseError} when ClickHouse rejects the statement
   */
  run(statement: string): Promise<void>
  release(): void
}

/**
 * Locks the client's database. ClickHouse runs no two queries of one id at once, so a query id is a lock that the
 * server itself releases:
 *
 * - One id is held for the whole run, by a query that sleeps until its client goes away. Two live runs exclude each
 *   other.
 * - Each statement has a second id. ClickHouse finishes a statement whose client is gone, so a run that was killed or
 *   timed out may leave one behind; the next run waits for it.
 *
 * @throws {MigrationError} `MIGRATION_LOCKED` when another run holds the lock for longer than `waitMs`
 */
export async function lockMigrations(client: ClickHouseClient, waitMs: number): Promise<MigrationLock> {
  const id = `gatelog-migrate-${await currentDatabase(client)}`
  const held = await holdQueryId(client, `${id}-run`, waiting(waitMs))
  return {
    async run(statement) {
      await whenIdIsFree(() => {
        if (held.lost) {
          throw new MigrationError(
            'MIGRATION_LOCK_LOST',
            'The connection that holds the lock broke, so another run may have begun. Run migrate again.',
          )
        }
        return client.command({
          query: statement,
          query_id: `${id}-statement`,
          // Headers in between keep the connection alive while a statement takes long.
          clickhouse_settings: {
            wait_end_of_query: 1,
            send_progress_in_http_headers: 1,
            http_headers_progress_interval_ms: '60000',
          },
        })
      }, waiting(waitMs))
    },
    release: held.release,
  }
}

/** How long a run waits, and what it says then. */
function waiting(waitMs: number): WhenBusy {
  const message = 'Another run of migrate, or a statement that one left behind, is at work. Run migrate again later.'
  return { waitMs, onBusy: () => new MigrationError('MIGRATION_LOCKED', message) }
}
