import { withOutcomeRules } from '../../schemas/derive/outcomes/outcome.js'
import { views } from '../../schemas/derive/views/index.js'
import { streams } from '../../schemas/streams/index.js'
import { connectClickHouse } from '../runtime/clickhouse.js'
import { readConfig } from '../runtime/env.js'
import { connectKafka } from '../runtime/kafka.js'
import { createTelemetry } from '../runtime/telemetry.js'
import { type MigrateConfig, migrateConfig } from './config.js'
import { migrationsDirectory, readMigrations } from './files.js'
import { createDatabase, migrate } from './migrations.js'
import { createTopics } from './topics.js'

/**
 * Brings ClickHouse and Kafka to the state that this version of Gatelog needs, then exits: with 1 and the reason if
 * that fails.
 */
async function main(config: MigrateConfig): Promise<void> {
  const { log } = createTelemetry('migrate', config.LOG_LEVEL)
  const bootstrap = connectClickHouse({ ...config, CLICKHOUSE_DATABASE: 'default' }, 'gatelog-migrate')
  const clickhouse = connectClickHouse(config, 'gatelog-migrate', { requestTimeoutMs: 600_000 })
  const admin = connectKafka(config, 'gatelog-migrate', log).admin()
  try {
    await createDatabase(bootstrap, config.CLICKHOUSE_DATABASE)
    const applied = await migrate(clickhouse, await readMigrations(migrationsDirectory), {
      views: views(withOutcomeRules(streams, config.OUTCOME_RULES ?? {})),
    })
    log.info({ applied: applied.map(({ name }) => name) }, 'migrations applied')
    await admin.connect()
    const created = await createTopics(admin, streams, {
      prefix: config.KAFKA_TOPIC_PREFIX,
      partitions: config.KAFKA_TOPIC_PARTITIONS,
      replicationFactor: config.KAFKA_TOPIC_REPLICATION_FACTOR,
    })
    log.info({ created }, 'topics created')
  } catch (error) {
    log.fatal({ err: error }, 'migration failed')
    process.exitCode = 1
  } finally {
    await admin.disconnect()
    await bootstrap.close()
    await clickhouse.close()
  }
}

try {
  await main(readConfig(migrateConfig, process.env))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
