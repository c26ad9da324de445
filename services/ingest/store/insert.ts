import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Stream } from '../../../schemas/streams/index.js'

/**
 * Inserts one Native block, given in pieces, under a deduplication token. The block goes in as it is, one part of one day's partition: all of it or nothing.
 * Text columns are converted to `LowCardinality` by the server.
 */
export async function insertBlock(
  client: ClickHouseClient,
  stream: Stream,
  block: readonly Uint8Array[],
  token: string,
): Promise<void> {
  const answer = await client.exec({
    query: 'INSERT INTO {table:Identifier} FORMAT Native',
    query_params: { table: stream.name },
    values: Readable.from(block, { objectMode: false }),
    clickhouse_settings: {
      insert_deduplicate: 1,
      insert_deduplication_token: token,
      async_insert: 0,
      // Copies within a block are folded by merges and by FINAL anyway: looking for them at each insert took a quarter of its CPU time.
      optimize_on_insert: 0,
      // Filters by field are built by merges. Until then a part is read as a whole, and it is small.
      exclude_materialize_skip_indexes_on_insert: filterIndexes(stream),
      wait_end_of_query: 1,
    },
  })
  // The answer has no body; reading it to its end gives the connection back.
  for await (const _chunk of answer.stream);
}

/** The names of the indexes by field, as migrations name them, save those of the columns that ingest itself looks by. */
function filterIndexes({ fields }: Stream): string {
  return ['event_id', 'organisations', ...fields.map(({ name }) => name)]
    .flatMap((name) => [`by_${name}`, `wide_${name}`])
    .join(',')
}
