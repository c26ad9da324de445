import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'

/** A query id that this process holds: another process that wants it waits. */
export interface HeldId {
  /** Whether the connection that holds it broke, so that another process may hold it now. */
  readonly lost: boolean
  release(): void
}

/**
 * Holds a query id with a query that sleeps, until its release or until this process ends. ClickHouse runs no two
 * queries of one id at once, so a query id is a lock that the server itself releases.
 *
 * @throws what `onBusy` returns when another process holds the id for longer than `waitMs`
 */
export async function holdQueryId(
  client: ClickHouseClient,
  queryId: string,
  { waitMs, onBusy }: WhenBusy,
): Promise<HeldId> {
  const query = () =>
    client.exec({
      // The format sends a line for each row, so the server notices a broken connection.
      query: `SELECT sleepEachRow(${SLEEP_SECONDS}) FROM numbers(${MAX_SLEEPS}) FORMAT JSONEachRowWithProgress`,
      query_id: queryId,
      clickhouse_settings: { max_block_size: '1', cancel_http_readonly_queries_on_client_close: 1 },
    })
  const { stream } = await whenIdIsFree(query, { waitMs, onBusy })
  // The error of a broken connection shows in `destroyed` too.
  stream.on('error', () => undefined).resume()
  return {
    get lost() {
      return stream.destroyed
    },
    release: () => stream.destroy(),
  }
}

/** The client's database: part of a query id that is for this database alone. */
export async function currentDatabase(client: ClickHouseClient): Promise<string> {
  const result = await client.query({ query: 'SELECT currentDatabase() AS name', format: 'JSONEachRow' })
  const [database] = await result.json<{ readonly name: string }>()
  return String(database?.name)
}

/** What happens while another query has the id. */
export interface WhenBusy {
  readonly waitMs: number
  readonly onBusy: () => Error
}

/** Tries a query until ClickHouse runs no other of its id. */
export async function whenIdIsFree<T>(query: () => Promise<T>, { waitMs, onBusy }: WhenBusy): Promise<T> {
  const deadline = Date.now() + waitMs
  for (;;) {
    try {
      return await query()
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.code !== QUERY_ID_IN_USE) throw error
      if (Date.now() > deadline) throw onBusy()
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
