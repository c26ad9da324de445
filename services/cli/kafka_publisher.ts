import { pino } from 'pino'
import type { RecordOf, Stream } from '../../schemas/streams/index.js'
import { confluentFraming, createEmitter, type Emitter, kafkaProducer } from '../emitter/index.js'
import { framingRegistry, type ProducingConfig } from '../runtime/kafka/producing.js'
import type { KafkaSecurityConfig } from '../runtime/kafka/security.js'
import { connectKafka, type KafkaConfig } from '../runtime/kafka.js'
import { CliError } from './errors.js'

/** After this long without an acknowledgement a command gives up on Kafka. */
const STALL_MS = 30_000

/** Publishes records for a command. It gives up on a Kafka that does not answer; a service would wait. */
export interface KafkaPublisher {
  /** Resolves when Kafka has acknowledged the record. */
  publish(stream: Stream, record: object): Promise<unknown>
  close(): Promise<void>
}

/** What the environment says of how commands write to Kafka. */
export type ProducingSettings = KafkaSecurityConfig & ProducingConfig
export type PublisherConfig = KafkaConfig & ProducingConfig

/**
 * Connects to Kafka.
 *
 * @throws {CliError} `KAFKA_AWAY` when Kafka does not answer, or lacks the topic of a stream
 * @throws {RegistryError} when records are to have Confluent's framing and the registry gives no schema
 */
export async function connectPublisher(config: PublisherConfig, streams: readonly Stream[]): Promise<KafkaPublisher> {
  const kafka = connectKafka(config, 'gatelog-cli', pino({ level: 'silent' }))
  const admin = kafka.admin({ retry: { retries: 1 } })
  const topics = streams.map(({ name }) => `${config.KAFKA_TOPIC_PREFIX}${name}`)
  try {
    await admin.connect()
    await admin.fetchTopicMetadata({ topics })
  } catch {
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka at ${config.KAFKA_BROKERS.join(', ')} does not answer for the topic ${topics.join(' or ')}: is the stack running? \`npm start\` starts one.`,
    )
  } finally {
    await admin.disconnect()
  }
  const createProducer = kafkaProducer(kafka, { compression: config.KAFKA_COMPRESSION })
  const registry = framingRegistry(config)
  const publishers = new Map<string, ReturnType<typeof closeWhenStalled>>()
  for (const stream of streams) {
    const framing = registry && (await confluentFraming({ ...registry, stream }))
    const topicPrefix = config.KAFKA_TOPIC_PREFIX
    const emitter = createEmitter({ stream, topicPrefix, createProducer, framing, closeTimeoutMs: 2_000 })
    publishers.set(stream.name, closeWhenStalled(emitter))
  }
  return {
    publish: async (stream, record) => publishers.get(stream.name)?.publish(record),
    close: async () => void (await Promise.all([...publishers.values()].map((each) => each.close()))),
  }
}

/** An emitter retries forever, which is right for a service. This closes it when Kafka has not answered for a while. */
function closeWhenStalled(emitter: Emitter<Stream>) {
  let pending = 0
  let lastAnswer = Date.now()
  const timer = setInterval(() => {
    if (pending > 0 && Date.now() - lastAnswer > STALL_MS) emitter.close()
  }, 500)
  return {
    publish: async (record: object): Promise<unknown> => {
      if (pending === 0) lastAnswer = Date.now()
      pending += 1
      try {
        return await emitter.publish(record as RecordOf<Stream>)
      } finally {
        pending -= 1
        lastAnswer = Date.now()
      }
    },
    close: async () => {
      clearInterval(timer)
      await emitter.close()
    },
  }
}
