import { once } from 'node:events'
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http'
import { Agent as HttpsAgent, request as secureRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { parseError } from '@clickhouse/client'
import { ORGANIZATION_INDEXES, tenantIndexes, valueIndexes } from '../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { type ClickHouseConfig, clickHouseTls } from '../../runtime/clickhouse.js'

/** Thrown when an insert was not completed because it was too late. */
export class InsertLateError extends Error {
  override readonly name = 'InsertLateError'
}

/**
 * Inserts one Native block, given in pieces, with a deduplication token. ClickHouse stores the block as one part of one
 * day's partition, as a whole or not at all, and converts text columns to `LowCardinality`.
 *
 * @throws {InsertLateError} after `sendBy`, in milliseconds since 1970; nothing is stored then
 * @throws {ClickHouseError} ClickHouse's answer
 */
export type InsertBlock = (stream: Stream, block: readonly Uint8Array[], token: string, sendBy: number) => Promise<void>

/** Idle connections are closed after this time, before the server closes them. */
const IDLE_SOCKET_MS = 2_500

/**
 * Inserts over HTTP without the client library, which sends a request as a whole: the process could be suspended
 * between the check of the time and the first byte, until ClickHouse has forgotten the token. Here the kernel has all
 * but the block's last byte before the time is checked. Then either the last byte completes the block, or the request
 * was silent for so long that ClickHouse has dropped it (`http_receive_timeout`).
 */
export function blockInserter(
  config: ClickHouseConfig,
  { requestTimeoutMs, maxConnections }: { readonly requestTimeoutMs: number; readonly maxConnections: number },
): InsertBlock {
  const { CLICKHOUSE_URL, CLICKHOUSE_DATABASE, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD } = config
  const secure = CLICKHOUSE_URL.startsWith('https:')
  const options = { keepAlive: true, maxSockets: maxConnections, timeout: IDLE_SOCKET_MS }
  const agent = secure ? new HttpsAgent({ ...options, ...clickHouseTls(config) }) : new HttpAgent(options)
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
    // Errors reject the wait for the answer; errors after the answer don't matter.
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

/** Sends a block before `sendBy`, and returns the response. */
async function sentBy(sendBy: number, post: ClientRequest, block: readonly Uint8Array[]): Promise<IncomingMessage> {
  const answered = once(post, 'response') as Promise<[IncomingMessage]>
  const end = block.at(-1) as Uint8Array
  for (const piece of block.slice(0, -1)) post.write(piece)
  const begun = new Promise<void>((resolve) => post.write(end.subarray(0, -1), () => resolve()))
  // ClickHouse may reject a request before it has all of it.
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
    // Merges and FINAL remove duplicates within a block. Doing that at insert took a quarter of its CPU time.
    optimize_on_insert: '0',
    input_format_skip_unknown_fields: '0',
    // Merges build the indexes by field. Until then a part is read as a whole, and it is small.
    exclude_materialize_skip_indexes_on_insert: [
      ...valueIndexes(stream),
      ...tenantIndexes(stream),
      ...ORGANIZATION_INDEXES,
    ].join(','),
    wait_end_of_query: '1',
  }
}
