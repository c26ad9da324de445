import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'

/**
 * Inserts one Native block under a deduplication token. The block goes in as it is, one part of one day's partition: all of it or nothing.
 * Text columns are converted to `LowCardinality` by the server.
 */
export async function insertBlock(
  client: ClickHouseClient,
  table: string,
  block: Uint8Array,
  token: string,
): Promise<void> {
  const { stream } = await client.exec({
    query: 'INSERT INTO {table:Identifier} FORMAT Native',
    query_params: { table },
    values: Readable.from([block], { objectMode: false }),
    clickhouse_settings: {
      insert_deduplicate: 1,
      insert_deduplication_token: token,
      async_insert: 0,
      // Copies within a block are folded by merges and by FINAL anyway: looking for them at each insert took a quarter of its CPU time.
      optimize_on_insert: 0,
      wait_end_of_query: 1,
    },
  })
  // The answer has no body; reading it to its end gives the connection back.
  for await (const _chunk of stream);
}
