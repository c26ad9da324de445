import type { ClickHouseServer, DatabaseUser } from './clickhouse/start.js'
import { program } from './data/files.js'
import type { Secrets } from './data/secrets.js'
import type { Ports } from './ports.js'
import type { ChildOptions } from './process/child.js'

/** What the services of a stack need to be told. */
export interface Surroundings {
  readonly ports: Ports
  readonly brokers: readonly string[]
  readonly clickhouse: Pick<ClickHouseServer, 'url' | 'users'>
  readonly database: string
  readonly secrets: Secrets
  readonly issuer: { readonly issuer: string; readonly audience: string }
  /** Where the demo notes that it has made up its past. */
  readonly demoPast: string
}

export type Service = Pick<ChildOptions, 'name' | 'script' | 'env'>

/** Brings the database and the topics to what the services need, and ends. */
export function migrate(around: Surroundings): Service {
  return service('migrate', { ...kafka(around), ...clickhouse(around, 'migrate') })
}

export function ingest(around: Surroundings): Service {
  const env = { ...listen(around.ports.ingest), ...kafka(around), ...clickhouse(around, 'ingest') }
  return service('ingest', env)
}

export function collector(around: Surroundings): Service {
  return service('collector', {
    ...listen(around.ports.collector),
    ...kafka(around),
    KEYCLOAK_WEBHOOK_SECRET: around.secrets.keycloak,
  })
}

export function query(around: Surroundings): Service {
  return service('query', {
    ...listen(around.ports.query),
    ...clickhouse(around, 'query'),
    ...kafka(around),
    CLICKHOUSE_EXPORT_USER: around.clickhouse.users.export.name,
    CLICKHOUSE_EXPORT_PASSWORD: around.clickhouse.users.export.password,
    AUTH_ISSUER: around.issuer.issuer,
    AUTH_AUDIENCE: around.issuer.audience,
    AUTH_PUBLIC_KEY: around.secrets.issuerPublicKey,
  })
}

export function demo(around: Surroundings): Service {
  const env = { ...kafka(around), DEMO_PAST_FILE: around.demoPast }
  return { name: 'demo', script: program('deploy', 'local', 'demo', 'main.js'), env }
}

function service(name: string, env: Readonly<Record<string, string>>): Service {
  return { name, script: program('services', name, 'main.js'), env }
}

function listen(port: number): Record<string, string> {
  return { HOST: '127.0.0.1', PORT: String(port) }
}

function kafka({ brokers }: Surroundings): Record<string, string> {
  return { KAFKA_BROKERS: brokers.join(',') }
}

function clickhouse(
  { clickhouse: { url, users }, database }: Surroundings,
  user: DatabaseUser,
): Record<string, string> {
  return {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_DATABASE: database,
    CLICKHOUSE_USER: users[user].name,
    CLICKHOUSE_PASSWORD: users[user].password,
  }
}
