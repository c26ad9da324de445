import { freePorts } from '../fixtures/stack/ports.js'
import { type ServiceProcess, startService } from '../fixtures/stack/service.js'
import type { Servers } from './servers.js'

/** Starts a shipped ingest process on its own database and topics, and resolves when it has its partitions. */
export async function startWorker(
  { broker, clickhouse, registry }: Servers,
  options: {
    readonly database: string
    readonly topicPrefix: string
    readonly group: string
    /** Replaces variables: how it reaches the servers. */
    readonly environment?: Readonly<Record<string, string>> | undefined
  },
): Promise<ServiceProcess> {
  const [port = 0] = await freePorts(1)
  const worker = startService('ingest', {
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    KAFKA_BROKERS: broker.brokers.join(','),
    KAFKA_TOPIC_PREFIX: options.topicPrefix,
    KAFKA_GROUP_ID: options.group,
    SCHEMA_REGISTRY_URL: registry.url,
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: options.database,
    CLICKHOUSE_USER: clickhouse.users.ingest.name,
    CLICKHOUSE_PASSWORD: clickhouse.users.ingest.password,
    ...options.environment,
  })
  await worker.logged(({ msg }) => msg === 'partitions assigned')
  return worker
}
