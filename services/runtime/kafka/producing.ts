import { z } from 'zod'
import { compressions } from '../../../schemas/kafka/compressions.js'
import { checkRegistry, registryAccess, registryConfig } from '../registry.js'

const FRAMINGS = ['single-object', 'confluent'] as const

/** How a service writes records to Kafka. */
export const producingConfig = {
  KAFKA_COMPRESSION: z
    .enum(compressions, { error: `must be one of ${compressions.join(', ')}` })
    .default('none')
    .describe('How records to Kafka are compressed: `none`, `gzip`, `snappy`, `lz4` or `zstd`'),
  KAFKA_FRAMING: z
    .enum(FRAMINGS, { error: `must be one of ${FRAMINGS.join(', ')}` })
    .default('single-object')
    .describe(
      'What names the schema in a record: its fingerprint (`single-object`), or an id of the registry (`confluent`)',
    ),
  ...registryConfig,
  SCHEMA_REGISTRY_REGISTER: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('true')
    .describe('Whether a schema that the registry lacks is registered; otherwise the service does not start'),
}

const schema = z.object(producingConfig)
export type ProducingConfig = z.output<typeof schema>

/** For a configuration's schema: a registry that is needed must be there. */
export function checkProducing(config: Partial<ProducingConfig>, context: z.RefinementCtx): void {
  checkRegistry(config, context)
  if (config.KAFKA_FRAMING !== 'confluent' || config.SCHEMA_REGISTRY_URL !== undefined) return
  context.addIssue({
    code: 'custom',
    path: ['SCHEMA_REGISTRY_URL'],
    message: 'is required with KAFKA_FRAMING=confluent',
  })
}

/** The registry that names the schemas of records, in the terms of the emitter; undefined for Avro's own framing. */
export function framingRegistry(config: ProducingConfig & { readonly KAFKA_TOPIC_PREFIX: string }) {
  if (config.KAFKA_FRAMING !== 'confluent') return undefined
  const access = registryAccess(config)
  const register = config.SCHEMA_REGISTRY_REGISTER === 'true'
  return access && { ...access, topicPrefix: config.KAFKA_TOPIC_PREFIX, register }
}
