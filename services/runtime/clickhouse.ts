import { Agent } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  createClient,
} from '@clickhouse/client'
import { z } from 'zod'
import { httpUrl, pem } from './env.js'

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
  CLICKHOUSE_CA: pem
    .optional()
    .describe('The CA certificates to trust with https, as PEM, in place of those that Node.js trusts'),
  CLICKHOUSE_CERTIFICATE: pem.optional().describe('The client certificate for mTLS, as PEM'),
  CLICKHOUSE_KEY: pem.optional().describe('Its private key, as PEM'),
}

const schema = z.object(clickhouseConfig)
export type ClickHouseConfig = z.output<typeof schema>

/** For a configuration's schema: settings for TLS that have no effect, or not alone, are faults. */
export function checkClickHouseTls(config: Partial<ClickHouseConfig>, context: z.RefinementCtx): void {
  const { CLICKHOUSE_CERTIFICATE: certificate, CLICKHOUSE_KEY: key } = config
  const fault = (name: keyof ClickHouseConfig, message: string): void => {
    context.addIssue({ code: 'custom', path: [name], message })
  }
  if (certificate !== undefined && key === undefined) fault('CLICKHOUSE_KEY', 'is required with CLICKHOUSE_CERTIFICATE')
  if (key !== undefined && certificate === undefined) fault('CLICKHOUSE_CERTIFICATE', 'is required with CLICKHOUSE_KEY')
  if (config.CLICKHOUSE_URL === undefined || config.CLICKHOUSE_URL.startsWith('https:')) return
  for (const name of ['CLICKHOUSE_CA', 'CLICKHOUSE_CERTIFICATE'] as const) {
    if (config[name] !== undefined) fault(name, 'has no effect unless CLICKHOUSE_URL begins with https:')
  }
}

/** The settings for TLS by the names of Node.js. */
export function clickHouseTls(config: ClickHouseConfig): Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> {
  const { CLICKHOUSE_CA: ca, CLICKHOUSE_CERTIFICATE: cert, CLICKHOUSE_KEY: key } = config
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  }
}

export interface ClickHouseClientLimits {
  readonly requestTimeoutMs?: number
  readonly maxConnections?: number
}

/**
 * A client for one service's database user. The client's own log is off: its messages quote requests.
 */
export function connectClickHouse(
  config: ClickHouseConfig,
  application: string,
  { requestTimeoutMs = 30_000, maxConnections = 10 }: ClickHouseClientLimits = {},
): ClickHouseClient {
  return createClient({
    url: config.CLICKHOUSE_URL,
    database: config.CLICKHOUSE_DATABASE,
    username: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    application,
    request_timeout: requestTimeoutMs,
    max_open_connections: maxConnections,
    keep_alive: { idle_socket_ttl: 2_500 },
    log: { level: ClickHouseLogLevel.OFF },
    ...clientTls(config, maxConnections),
  })
}

/**
 * An agent of our own, since the client takes a client certificate for a login by certificate and then sends no
 * password. It closes idle connections by the server's own hint (`Keep-Alive: timeout`).
 */
function clientTls(config: ClickHouseConfig, maxSockets: number): Pick<ClickHouseClientConfigOptions, 'http_agent'> {
  const tls = clickHouseTls(config)
  return Object.keys(tls).length === 0 ? {} : { http_agent: new Agent({ ...tls, keepAlive: true, maxSockets }) }
}
