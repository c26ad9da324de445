import { type ISocketFactory, Kafka, type KafkaConfig as KafkajsConfig, type logCreator, logLevel } from 'kafkajs'
import { z } from 'zod'
import { list } from './env.js'
import { type KafkaSecurityConfig, kafkaSecurity, kafkaSecurityConfig } from './kafka/security.js'
import type { Logger } from './telemetry.js'

/** How a service reaches Kafka. */
export const kafkaConfig = {
  KAFKA_BROKERS: list.describe('Bootstrap brokers, as `host:port`, separated by commas'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]*$/, 'must be letters, digits, dots, underscores and dashes')
    .default('')
    .describe('Prefix of every topic name, for a cluster that others use too'),
  ...kafkaSecurityConfig,
}

/** What a client needs; the security settings may be left out, which means plain connections without a login. */
export interface KafkaConfig extends KafkaSecurityConfig {
  readonly KAFKA_BROKERS: readonly string[]
  readonly KAFKA_TOPIC_PREFIX: string
}

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
    ...kafkajsSecurity(config),
    logLevel: logLevel.WARN,
    logCreator: logToLogger(log),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
  })
}

/** kafkajs's names for the security settings. */
export function kafkajsSecurity(config: KafkaSecurityConfig): Pick<KafkajsConfig, 'ssl' | 'sasl'> {
  const { tls, login } = kafkaSecurity(config)
  const ssl = tls === undefined ? {} : { ssl: tls }
  if (login === undefined) return ssl
  switch (login.mechanism) {
    case 'OAUTHBEARER':
      return {
        ...ssl,
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await login.token() }) },
      }
    case 'PLAIN':
      return { ...ssl, sasl: { mechanism: 'plain', username: login.username, password: login.password } }
    case 'SCRAM-SHA-256':
      return { ...ssl, sasl: { mechanism: 'scram-sha-256', username: login.username, password: login.password } }
    case 'SCRAM-SHA-512':
      return { ...ssl, sasl: { mechanism: 'scram-sha-512', username: login.username, password: login.password } }
  }
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
