import type { ClickHouseClient } from '@clickhouse/client'
import { columns } from '../../schemas/derive/columns.js'
import { authAudits } from '../../schemas/streams/index.js'
import { migrationsDirectory, readMigrations } from '../../services/migrate/files.js'

/** The table for records: the shipped one, or one with the same columns and no sort order, codecs and indexes. */
export type Layout = 'plain' | 'shipped'

/** Creates a database with the tables that ingest writes. */
export async function createTables(admin: ClickHouseClient, database: string, layout: Layout): Promise<void> {
  await admin.command({ query: `CREATE DATABASE ${database}` })
  // A session, because statements name tables without their database.
  const session_id = database
  await admin.command({ query: `USE ${database}`, session_id })
  for (const { statements } of await readMigrations(migrationsDirectory)) {
    for (const query of statements) await admin.command({ query, session_id })
  }
  if (layout === 'shipped') return
  await admin.command({ query: `DROP TABLE ${database}.auth_audits SYNC` })
  const list = columns(authAudits).map(({ name, type }) => `${name} ${type}`)
  await admin.command({
    query: `CREATE TABLE ${database}.auth_audits (${list.join(', ')}) ENGINE = MergeTree ORDER BY tuple()
      SETTINGS non_replicated_deduplication_window = 10000`,
  })
}

/**
 * Lets ClickHouse's Kafka engine move a topic into `<database>.auth_audits`, at least once. Returns a function that
 * stops it. It has a consumer and a thread per core, which is the fastest on this machine.
 */
export async function startKafkaEngine(
  admin: ClickHouseClient,
  options: { database: string; brokers: readonly string[]; topic: string; group: string; registryUrl: string },
): Promise<() => Promise<void>> {
  const { database, brokers, topic, group, registryUrl } = options
  const fields = authAudits.fields.map(({ name }) => name)
  await admin.command({
    query: `CREATE TABLE ${database}.queue (event_id FixedString(16), time DateTime64(6, 'UTC'),
        ${fields.map((name) => `${name} String`).join(', ')})
      ENGINE = Kafka SETTINGS kafka_broker_list = '${brokers.join(',')}', kafka_topic_list = '${topic}',
        kafka_group_name = '${group}', kafka_format = 'AvroConfluent', format_avro_schema_registry_url = '${registryUrl}',
        kafka_num_consumers = 2, kafka_thread_per_consumer = 1, input_format_null_as_default = 1`,
  })
  await admin.command({
    query: `CREATE MATERIALIZED VIEW ${database}.pipe TO ${database}.auth_audits AS
      SELECT reinterpretAsUUID(event_id) AS event_id, time, ${fields.join(', ')}, now64(3) AS ingested_at,
        toUUID('00000000-0000-0000-0000-000000000001') AS topic_id, _partition AS kafka_partition, _offset AS kafka_offset
      FROM ${database}.queue`,
  })
  return async () => {
    await admin.command({ query: `DROP VIEW ${database}.pipe SYNC` })
    await admin.command({ query: `DROP TABLE ${database}.queue SYNC` })
  }
}
