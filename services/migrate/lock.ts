import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
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
  const result = await client.query({ query: 'SELECT currentDatabase() AS name', format: 'JSONEachRow' })
  const [database] = await result.json<{ readonly name: string }>()
  const id = `gatelog-migrate-${database?.name}`
  const held = await hold(client, `${id}-run`, waitMs)
  return {
    async run(statement) {
      await whenFree(waitMs, () => {
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
      })
    },
    release: held.release,
  }
}

interface Held {
  readonly lost: boolean
  release(): void
}

/** Holds a query id with a query that sleeps, until its release or until this process ends. */
async function hold(client: ClickHouseClient, queryId: string, waitMs: number): Promise<Held> {
  const { stream } = await whenFree(waitMs, () =>
    client.exec({
      // The format sends a line for each row, so the server notices a broken connection.
      query: `SELECT sleepEachRow(${SLEEP_SECONDS}) FROM numbers(${MAX_SLEEPS}) FORMAT JSONEachRowWithProgress`,
      query_id: queryId,
      clickhouse_settings: { max_block_size: '1', cancel_http_readonly_queries_on_client_close: 1 },
    }),
  )
  // The error of a broken connection shows in `destroyed` too.
  stream.on('error', () => undefined).resume()
  return {
    get lost() {
      return stream.destroyed
    },
    release: () => stream.destroy(),
  }
}

/** Tries a query until ClickHouse runs no other of its id. */
async function whenFree<T>(waitMs: number, query: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs
  for (;;) {
    try {
      return await query()
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.code !== QUERY_ID_IN_USE) throw error
      if (Date.now() > deadline) {
        throw new MigrationError(
          'MIGRATION_LOCKED',
          'Another run of migrate, or a statement that one left behind, is at work. Run migrate again later.',
        )
      }
      await sleep(RETRY_MS)
    }
  }
}

/** ClickHouse's error code for a query whose id another query has. */
const QUERY_ID_IN_USE = '216'
/** A release takes effect within this time. */
const SLEEP_SECONDS = 0.1
/** Sleeps of a week: longer than any run. */
const MAX_SLEEPS = 6_048_000
const RETRY_MS = 100
