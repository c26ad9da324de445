import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { z } from 'zod'
import { httpUrl } from './env.js'

/** How a service connects to ClickHouse. */
export const clickhouseConfig = {
  CLICKHOUSE_URL: httpUrl.describe('The URL of ClickHouse’s HTTP interface'),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and underscores')
    .default('gatelog')
    .describe('The database that holds the streams'),
  CLICKHOUSE_USER: z.string().describe('The database user; each service has one of its own'),
  CLICKHOUSE_PASSWORD: z.string().describe('Its password'),
}

const schema = z.object(clickhouseConfig)
export type ClickHouseConfig = z.output<typeof schema>

/**
 * A client for one service's database user. The client's own log is off: its messages quote requests.
 */
export function connectClickHouse(
  config: ClickHouseConfig,
  application: string,
  options: { readonly requestTimeoutMs?: number; readonly maxConnections?: number } = {},
): ClickHouseClient {
  return createClient({
    url: config.CLICKHOUSE_URL,
    database: config.CLICKHOUSE_DATABASE,
    username: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    application,
    request_timeout: options.requestTimeoutMs ?? 30_000,
    max_open_connections: options.maxConnections ?? 10,
    keep_alive: { idle_socket_ttl: 2_500 },
    log: { level: ClickHouseLogLevel.OFF },
  })
}
