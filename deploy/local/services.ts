import { streams } from '../../schemas/streams/index.js'
import { apiKeyHash } from '../../services/runtime/auth/api_key.js'
import type { ClickHouseServer, DatabaseUser } from './clickhouse/start.js'
import { program } from './data/files.js'
import type { Secrets } from './data/secrets.js'
import type { Ports } from './ports.js'
import type { ChildOptions } from './process/child.js'
import { sourceKinds } from './source_kinds.js'

/** What the configuration of the services needs. */
export interface StackContext {
  readonly ports: Ports
  readonly brokers: readonly string[]
  readonly clickhouse: Pick<ClickHouseServer, 'url' | 'users'>
  readonly database: string
  readonly secrets: Secrets
  readonly issuer: { readonly issuer: string; readonly audience: string }
  /** Exists when the demo has generated its history. */
  readonly demoHistory: string
}

export type Service = Pick<ChildOptions, 'name' | 'script' | 'env'>

/** Creates and updates the tables and topics, and exits. */
export function migrate(context: StackContext): Service {
  return service('migrate', { ...kafka(context), ...clickhouse(context, 'migrate') })
}

export function ingest(context: StackContext): Service {
  const env = {
    ...listen(context.ports.ingest),
    ...kafka(context),
    ...clickhouse(context, 'ingest'),
    // An ingest that is restarted after a crash gets its partitions when its last session has expired.
    KAFKA_SESSION_TIMEOUT_MS: '10000',
  }
  return service('ingest', env)
}

export function collector(context: StackContext): Service {
  return service('collector', {
    ...listen(context.ports.collector),
    ...kafka(context),
    SOURCES: JSON.stringify(sourceKinds.map((kind) => ({ name: kind, kind, secrets: [context.secrets[kind]] }))),
    ...issuer(context),
    API_KEYS: JSON.stringify([
      {
        name: 'local',
        sha256: [apiKeyHash(context.secrets.api_key).toString('hex')],
        organizations: ['*'],
        streams: streams.map(({ name }) => name),
      },
    ]),
  })
}

export function query(context: StackContext): Service {
  return service('query', {
    ...listen(context.ports.query),
    ...clickhouse(context, 'query'),
    ...kafka(context),
    CLICKHOUSE_EXPORT_USER: context.clickhouse.users.export.name,
    CLICKHOUSE_EXPORT_PASSWORD: context.clickhouse.users.export.password,
    ...issuer(context),
  })
}

export function retention(context: StackContext): Service {
  return service('retention', {
    ...listen(context.ports.retention),
    ...kafka(context),
    ...clickhouse(context, 'retention'),
  })
}

export function demo(context: StackContext): Service {
  const env = { ...kafka(context), DEMO_HISTORY_FILE: context.demoHistory }
  return { name: 'demo', script: program('deploy', 'local', 'demo', 'main.js'), env }
}

function service(name: string, env: Readonly<Record<string, string>>): Service {
  return { name, script: program('services', name, 'main.js'), env }
}

function listen(port: number): Record<string, string> {
  return { HOST: '127.0.0.1', PORT: String(port) }
}

function kafka({ brokers }: StackContext): Record<string, string> {
  return { KAFKA_BROKERS: brokers.join(',') }
}

function issuer({ issuer, secrets }: StackContext): Record<string, string> {
  return { AUTH_ISSUER: issuer.issuer, AUTH_AUDIENCE: issuer.audience, AUTH_PUBLIC_KEY: secrets.issuerPublicKey }
}

function clickhouse(
  { clickhouse: { url, users }, database }: StackContext,
  user: DatabaseUser,
): Record<string, string> {
  return {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_DATABASE: database,
    CLICKHOUSE_USER: users[user].name,
    CLICKHOUSE_PASSWORD: users[user].password,
  }
}
