import { type ISocketFactory, Kafka, type logCreator, logLevel } from 'kafkajs'
import { z } from 'zod'
import { list } from './env.js'
import type { Logger } from './telemetry.js'

/** How a service reaches Kafka. */
export const kafkaConfig = {
  KAFKA_BROKERS: list.describe('Brokers to begin with, as `host:port`, separated by commas'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]*$/, 'must be letters, digits, dots, underscores and dashes')
    .default('')
    .describe('Put before every topic’s name, for a cluster that others use too'),
}

const schema = z.object(kafkaConfig)
export type KafkaConfig = z.output<typeof schema>

/** A kafkajs client whose log goes to the service's own, without the client's verbose context; over `socketFactory`'s connections, if given. */
export function connectKafka(
  config: KafkaConfig,
  clientId: string,
  log: Logger,
  socketFactory?: ISocketFactory,
): Kafka {
  return new Kafka({
    clientId,
    ...(socketFactory === undefined ? {} : { socketFactory }),
    brokers: [...config.KAFKA_BROKERS],
    logLevel: logLevel.WARN,
    logCreator: intoLogger(log),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
  })
}

function intoLogger(log: Logger): logCreator {
  return () => {
    return ({ level, namespace, log: entry }) => {
      const fields = { client: 'kafkajs', namespace, broker: entry.broker, group: entry.groupId, error: entry.error }
      // A broker that is away is the service's to tell, once; the client would tell it at every try.
      const worthTelling = level <= logLevel.WARN && !TOLD_BY_SERVICES.has(namespace)
      log[worthTelling ? 'warn' : 'debug'](fields, entry.message)
    }
  }
}

/** What the services tell themselves: connections, and sends that are tried again. */
const TOLD_BY_SERVICES: ReadonlySet<string> = new Set(['Connection', 'BrokerPool', 'Producer'])
