import { Partitioners, type Producer } from 'kafkajs'
import prometheus from 'prom-client'
import { audits, authAudits, deadLetterTopic, events, type Stream, streams } from '../../schemas/streams/index.js'
import { confluentFraming, createEmitter, kafkaProducer, noContext, prometheusMetrics } from '../emitter/index.js'
import { authenticateTokens } from '../runtime/auth/config.js'
import { readConfig } from '../runtime/env.js'
import { framingRegistry } from '../runtime/kafka/producing.js'
import { connectKafka } from '../runtime/kafka.js'
import { runService } from '../runtime/shutdown.js'
import { createTelemetry } from '../runtime/telemetry.js'
import { createCollector } from './app.js'
import { type CollectorConfig, collectorConfig } from './config.js'
import { apiKeyWriters } from './records/api_keys.js'
import { issuerOf, writeRate } from './records/config.js'
import { authenticateWriters } from './records/writer.js'
import { openSources } from './sources/config.js'
import { TopicProbe } from './topic_probe.js'
import { kafkaSetAside } from './webhooks/set_aside.js'

/**
 * Receives webhooks until it is stopped; then finishes the requests in flight and sends what the emitter has queued.
 */
async function main(config: CollectorConfig): Promise<void> {
  const telemetry = createTelemetry('collector', config.LOG_LEVEL)
  const { log } = telemetry
  const kafka = connectKafka(config, 'gatelog-collector', log)
  await runService(log, async () => {
    const options = {
      createProducer: kafkaProducer(kafka, { compression: config.KAFKA_COMPRESSION }),
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      logger: log,
      metrics: prometheusMetrics(prometheus, telemetry.metrics),
      // A trace of the collector's own is no trace of a sign-in.
      context: noContext,
    }
    const registry = framingRegistry(config)
    const open = async <S extends Stream>(stream: S) =>
      createEmitter({ ...options, stream, framing: registry && (await confluentFraming({ ...registry, stream })) })
    const emitters = { signIns: await open(authAudits), actions: await open(audits), events: await open(events) }
    // Their own queues: records that callers write must not fill that of the webhooks.
    const written = await Promise.all(streams.map(async (stream) => ({ stream, emitter: await open(stream) })))
    const issuer = issuerOf(config)
    const authenticate = authenticateWriters(
      config.API_KEYS && apiKeyWriters(config.API_KEYS),
      issuer && (await authenticateTokens(issuer, telemetry, 'collector')),
    )
    const topic = `${config.KAFKA_TOPIC_PREFIX}${authAudits.name}`
    const probe = new TopicProbe(kafka.admin(), [
      topic,
      deadLetterTopic(topic),
      ...[audits, events].map(({ name }) => `${config.KAFKA_TOPIC_PREFIX}${name}`),
    ])
    const letters = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
    const connected = connectOnce(letters)
    const app = createCollector({
      telemetry,
      trustProxy: config.TRUST_PROXY,
      emitters,
      setAside: kafkaSetAside(connected, topic, Date.now),
      sources: openSources(config),
      records: { streams: written, authenticate, limitRate: writeRate(config) },
      ready: () => probe.missing(),
    })
    const url = await app.listen({ host: config.HOST, port: config.PORT })
    log.info({ url }, 'listening')
    return [
      { name: 'http', stop: () => app.close() },
      { name: 'emitter of sign-ins', stop: () => emitters.signIns.close() },
      { name: 'emitter of actions', stop: () => emitters.actions.close() },
      { name: 'emitter of events', stop: () => emitters.events.close() },
      ...written.map(({ stream, emitter }) => ({
        name: `emitter of written ${stream.name}`,
        stop: () => emitter.close(),
      })),
      { name: 'dead letters', stop: () => letters.disconnect() },
      { name: 'probe', stop: () => probe.close() },
    ]
  })
}

/** Connects at the first send, and again after a failure: dead letters are rare. */
function connectOnce(producer: Producer): Pick<Producer, 'send'> {
  let connection: Promise<void> | undefined
  return {
    async send(record) {
      connection ??= producer.connect()
      try {
        await connection
      } catch (error) {
        connection = undefined
        throw error
      }
      return producer.send(record)
    },
  }
}

try {
  await main(readConfig(collectorConfig, process.env))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
