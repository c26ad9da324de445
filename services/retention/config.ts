import { z } from 'zod'
import { checkClickHouseTls, clickhouseConfig } from '../runtime/clickhouse.js'
import { integer } from '../runtime/env.js'
import { httpConfig } from '../runtime/http.js'
import { checkKafkaSecurity } from '../runtime/kafka/security.js'
import { kafkaConfig } from '../runtime/kafka.js'
import { telemetryConfig } from '../runtime/telemetry.js'

export const retentionConfig = z
  .object({
    ...telemetryConfig,
    ...httpConfig,
    ...kafkaConfig,
    ...clickhouseConfig,
    RETENTION_INTERVAL_MINUTES: integer(1, 10_080)
      .default(360)
      .describe('How long after the start of a run the next one begins, in minutes'),
  })
  .superRefine(checkKafkaSecurity, { when: () => true })
  .superRefine(checkClickHouseTls, { when: () => true })

export type RetentionConfig = z.output<typeof retentionConfig>
