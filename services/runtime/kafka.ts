import { type ISocketFactory, Kafka, type logCreator, logLevel } from 'kafkajs'
import { z } from 'zod'
import { list } from './env.js'
import type { Logger } from './telemetry.js'

/** How a service reaches Kafka. */
export const kafkaConfig = {
  KAFKA_BROKERS: list.describe('Bootstrap brokers, as `host:port`, separated by commas'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]*$/, 'must be letters, digits, dots, underscores and dashes')
    .default('')
    .describe('Prefix of every topic name, for a cluster that others use too'),
}

const schema = z.object(kafkaConfig)
export type KafkaConfig = z.output<typeof schema>

/**
 * A kafkajs client that logs to the service's log, without kafkajs's verbose context. `socketFactory` makes its
 * connections, if given.
 */
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
    logCreator: logToLogger(log),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
  })
}

function logToLogger(log: Logger): logCreator {
  return () => {
    return ({ level, namespace, log: entry }) => {
      const fields = { client: 'kafkajs', namespace, broker: entry.broker, group: entry.groupId, error: entry.error }
      // A service logs once that a broker is unreachable; kafkajs logs it at every attempt.
      const isWarning = level <= logLevel.WARN && !LOGGED_BY_SERVICES.has(namespace)
      log[isWarning ? 'warn' : 'debug'](fields, entry.message)
    }
  }
}

/** What the services log themselves: connections, and sends that they retry. */
const LOGGED_BY_SERVICES: ReadonlySet<string> = new Set(['Connection', 'BrokerPool', 'Producer'])
