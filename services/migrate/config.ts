import { z } from 'zod'
import { outcomeRules } from '../../schemas/derive/outcomes/configured_rules.js'
import { checkClickHouseTls, clickhouseConfig } from '../runtime/clickhouse.js'
import { integer } from '../runtime/env.js'
import { checkKafkaSecurity } from '../runtime/kafka/security.js'
import { kafkaConfig } from '../runtime/kafka.js'
import { telemetryConfig } from '../runtime/telemetry.js'

export const migrateConfig = z
  .object({
    ...telemetryConfig,
    ...kafkaConfig,
    ...clickhouseConfig,
    KAFKA_TOPIC_PARTITIONS: integer(1, 10_000).default(6).describe('Partitions of a topic that is not there yet'),
    KAFKA_TOPIC_REPLICATION_FACTOR: integer(1, 32).default(1).describe('Replicas of a topic that is not there yet'),
    OUTCOME_RULES: outcomeRules
      .optional()
      .describe('Rules for outcomes as JSON, tried before the built-in rules; the same as those of query'),
  })
  .superRefine(checkKafkaSecurity, { when: () => true })
  .superRefine(checkClickHouseTls, { when: () => true })

export type MigrateConfig = z.output<typeof migrateConfig>
