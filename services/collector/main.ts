import prometheus from 'prom-client'
import { authAudits } from '../../schemas/streams/index.js'
import { createEmitter, kafkaProducer, prometheusMetrics } from '../emitter/index.js'
import { readConfig } from '../runtime/env.js'
import { connectKafka } from '../runtime/kafka.js'
import { runService } from '../runtime/shutdown.js'
import { createTelemetry } from '../runtime/telemetry.js'
import { createCollector } from './app.js'
import { type CollectorConfig, collectorConfig } from './config.js'
import { openSources } from './sources/index.js'
import { TopicProbe } from './topic_probe.js'

/**
 * Receives webhooks until it is stopped; then finishes the requests in flight and sends what the emitter has queued.
 */
async function main(config: CollectorConfig): Promise<void> {
  const telemetry = createTelemetry('collector', config.LOG_LEVEL)
  const { log } = telemetry
  const kafka = connectKafka(config, 'gatelog-collector', log)
  await runService(log, async () => {
    const emitter = createEmitter({
      createProducer: kafkaProducer(kafka),
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      logger: log,
      metrics: prometheusMetrics(prometheus, telemetry.metrics),
    })
    const probe = new TopicProbe(kafka.admin(), `${config.KAFKA_TOPIC_PREFIX}${authAudits.name}`)
    const app = createCollector({ telemetry, emitter, sources: openSources(config), ready: () => probe.missing() })
    const url = await app.listen({ host: config.HOST, port: config.PORT })
    log.info({ url }, 'listening')
    return [
      { name: 'http', stop: () => app.close() },
      { name: 'emitter', stop: () => emitter.close() },
      { name: 'probe', stop: () => probe.close() },
    ]
  })
}

try {
  await main(readConfig(collectorConfig, process.env))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
