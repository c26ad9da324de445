import { z } from 'zod'
import { checkClickHouseTls, clickhouseConfig } from '../runtime/clickhouse.js'
import { integer } from '../runtime/env.js'
import { httpConfig } from '../runtime/http.js'
import { checkKafkaSecurity } from '../runtime/kafka/security.js'
import { kafkaConfig } from '../runtime/kafka.js'
import { checkRegistry, registryConfig } from '../runtime/registry.js'
import { telemetryConfig } from '../runtime/telemetry.js'

const MIB = 1024 * 1024

export const ingestConfig = z
  .object({
    ...telemetryConfig,
    ...httpConfig,
    ...kafkaConfig,
    ...clickhouseConfig,
    KAFKA_GROUP_ID: z.string().default('gatelog-ingest').describe('The consumer group that the workers share'),
    KAFKA_SESSION_TIMEOUT_MS: integer(6_000, 1_800_000)
      .default(30_000)
      .describe('How long a worker may be silent before its partitions go to others, in milliseconds'),
    ...registryConfig,
    INGEST_MAX_ROWS: integer(1, 1_000_000).default(50_000).describe('Most records in one range'),
    INGEST_MAX_BYTES: integer(65_536, 1_073_741_824)
      .default(16 * MIB)
      .describe('Most bytes of records in one range'),
    INGEST_MAX_WAIT_MS: integer(1, 600_000)
      .default(500)
      .describe('Longest time a record waits for others to be stored with, in milliseconds'),
    INGEST_HALTED_RETRY_MS: integer(1_000, 3_600_000)
      .default(60_000)
      .describe('Longest pause before a halted partition tries again, in milliseconds'),
    INGEST_MAX_BYTES_IN_FLIGHT: integer(1_048_576, 4_294_967_296)
      .default(128 * MIB)
      .describe('Most bytes of records held at once over all partitions; fetching waits beyond it'),
  })
  .superRefine(checkKafkaSecurity, { when: () => true })
  .superRefine(checkClickHouseTls, { when: () => true })
  .superRefine(checkRegistry, { when: () => true })

export type IngestConfig = z.output<typeof ingestConfig>
