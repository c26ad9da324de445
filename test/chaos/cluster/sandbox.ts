import type { ClickHouseClient } from '@clickhouse/client'
import { views } from '../../../schemas/derive/views/index.js'
import { streams } from '../../../schemas/streams/index.js'
import { topicIdReader } from '../../../services/ingest/partition/topic_id.js'
import { migrationsDirectory, readMigrations } from '../../../services/migrate/files.js'
import { createDatabase, migrate } from '../../../services/migrate/migrations.js'
import { createTopics } from '../../../services/migrate/topics.js'
import type { Cluster } from './cluster.js'
import { keepDuplicates } from './table.js'

/** A database and a topic of one run, as migrate makes them, except that the table keeps duplicates. */
export interface Sandbox {
  readonly topic: string
  readonly topicId: string
  readonly groupId: string
  readonly clickhouse: ClickHouseClient
  /** The environment of a worker, without the addresses of the servers. */
  readonly environment: Readonly<Record<string, string>>
}

export async function createSandbox(cluster: Cluster, name: string, partitions: number): Promise<Sandbox> {
  const database = `gatelog_${name}`
  const prefix = `${name}.`
  const topic = `${prefix}auth_audits`
  await createDatabase(cluster.client('default'), database)
  const clickhouse = cluster.client(database)
  await migrate(clickhouse, await readMigrations(migrationsDirectory), { views: views(streams) })
  await keepDuplicates(clickhouse)
  const admin = cluster.kafka.admin()
  await admin.connect()
  await createTopics(admin, streams, { prefix, partitions, replicationFactor: 1 })
  await admin.disconnect()
  const topicId = await topicIdReader(
    { KAFKA_BROKERS: cluster.brokers, KAFKA_TOPIC_PREFIX: prefix },
    'gatelog-chaos',
  )(topic)
  return {
    topic,
    topicId,
    groupId: name,
    clickhouse,
    environment: { CLICKHOUSE_DATABASE: database, KAFKA_TOPIC_PREFIX: prefix, KAFKA_GROUP_ID: name },
  }
}
