import { once } from 'node:events'
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http'
import { Agent as HttpsAgent, request as secureRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { parseError } from '@clickhouse/client'
import type { Stream } from '../../../schemas/streams/index.js'
import type { ClickHouseConfig } from '../../runtime/clickhouse.js'

/** Thrown when an insert was not sent to its end, because it had become too late for it. */
export class InsertLateError extends Error {
  override readonly name = 'InsertLateError'
}

/**
 * Inserts one Native block, given in pieces, under a deduplication token. The block goes in as it is, one part of one day's partition: all of it or nothing.
 * Text columns are converted to `LowCardinality` by the server.
 *
 * @throws {InsertLateError} when it is later than `sendBy`, in milliseconds since the epoch; nothing is stored then
 * @throws {ClickHouseError} what ClickHouse answers
 */
export type InsertBlock = (stream: Stream, block: readonly Uint8Array[], token: string, sendBy: number) => Promise<void>

/** Connections that nothing was sent over for so long are closed, before the server closes them. */
const IDLE_SOCKET_MS = 2_500

/**
 * Inserts over HTTP, without the client library: it sends a request as a whole, and between the look at the time and its first byte the
 * process could be suspended for as long as it takes ClickHouse to forget tokens. Here all but a block's last byte is with the system before
 * the time is looked at. Then the last byte completes the block; or the request has been silent for so long that ClickHouse has given
 * it up (`http_receive_timeout`).
 */
export function blockInserter(
  { CLICKHOUSE_URL, CLICKHOUSE_DATABASE, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD }: ClickHouseConfig,
  { requestTimeoutMs, maxConnections }: { readonly requestTimeoutMs: number; readonly maxConnections: number },
): InsertBlock {
  const secure = CLICKHOUSE_URL.startsWith('https:')
  const options = { keepAlive: true, maxSockets: maxConnections, timeout: IDLE_SOCKET_MS }
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options)
  const credentials = Buffer.from(`${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}`).toString('base64')

  return async (stream, block, token, sendBy) => {
    const url = new URL(CLICKHOUSE_URL)
    for (const [name, value] of Object.entries({ database: CLICKHOUSE_DATABASE, ...settingsOf(stream, token) })) {
      url.searchParams.set(name, value)
    }
    const post = (secure ? secureRequest : request)(url, {
      method: 'POST',
      agent,
      signal: AbortSignal.timeout(requestTimeoutMs),
      headers: {
        authorization: `Basic ${credentials}`,
        'user-agent': 'gatelog-ingest',
        'content-length': block.reduce((sum, { length }) => sum + length, 0),
      },
    })
    // What goes wrong is told by what waits for the answer, save what comes after it.
    post.on('error', () => {})
    try {
      const answer = await sentBy(sendBy, post, block)
      const said = await text(answer)
      if (answer.statusCode !== 200) throw parseError(said)
    } catch (error) {
      post.destroy()
      throw error
    }
  }
}

/** Sends a block by a time, and returns what is answered. */
async function sentBy(sendBy: number, post: ClientRequest, block: readonly Uint8Array[]): Promise<IncomingMessage> {
  const answered = once(post, 'response') as Promise<[IncomingMessage]>
  const end = block.at(-1) as Uint8Array
  for (const piece of block.slice(0, -1)) post.write(piece)
  const begun = new Promise<void>((resolve) => post.write(end.subarray(0, -1), () => resolve()))
  // ClickHouse may refuse a request before it has all of it.
  await Promise.race([begun, answered])
  if (Date.now() > sendBy) {
    answered.catch(() => {})
    throw new InsertLateError('The insert is too late.')
  }
  post.end(end.subarray(-1))
  const [answer] = await answered
  return answer
}

function settingsOf(stream: Stream, token: string): Readonly<Record<string, string>> {
  return {
    query: 'INSERT INTO {table:Identifier} FORMAT Native',
    param_table: stream.name,
    insert_deduplicate: '1',
    insert_deduplication_token: token,
    async_insert: '0',
    // Copies within a block are folded by merges and by FINAL anyway: looking for them at each insert took a quarter of its CPU time.
    optimize_on_insert: '0',
    // Filters by field are built by merges. Until then a part is read as a whole, and it is small.
    exclude_materialize_skip_indexes_on_insert: filterIndexes(stream),
    wait_end_of_query: '1',
  }
}

/** The names of the indexes by field, as migrations name them, save those of the columns that ingest itself looks by. */
function filterIndexes({ fields }: Stream): string {
  return ['event_id', 'organizations', ...fields.map(({ name }) => name)]
    .flatMap((name) => [`by_${name}`, `wide_${name}`])
    .join(',')
}
