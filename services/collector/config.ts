import { z } from 'zod'
import { httpConfig, proxyConfig } from '../runtime/http.js'
import { checkProducing, producingConfig } from '../runtime/kafka/producing.js'
import { checkKafkaSecurity } from '../runtime/kafka/security.js'
import { kafkaConfig } from '../runtime/kafka.js'
import { telemetryConfig } from '../runtime/telemetry.js'
import { checkRecords, recordsConfig } from './records/config.js'
import { checkSources, sourcesConfig } from './sources/config.js'

export const collectorConfig = z
  .object({
    ...telemetryConfig,
    ...httpConfig,
    ...proxyConfig,
    ...kafkaConfig,
    ...producingConfig,
    ...sourcesConfig,
    ...recordsConfig,
  })
  .superRefine(checkKafkaSecurity, { when: () => true })
  .superRefine(checkProducing, { when: () => true })
  .superRefine(checkSources, { when: () => true })
  .superRefine(checkRecords, { when: () => true })

export type CollectorConfig = z.output<typeof collectorConfig>
