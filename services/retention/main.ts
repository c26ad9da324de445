import prometheus from 'prom-client'
import { operationPaths } from '../../schemas/derive/openapi/operations.js'
import { audits, streams } from '../../schemas/streams/index.js'
import { createEmitter, kafkaProducer, noContext, prometheusMetrics } from '../emitter/index.js'
import { connectClickHouse } from '../runtime/clickhouse.js'
import { readConfig } from '../runtime/env.js'
import { createApp } from '../runtime/http.js'
import { connectKafka } from '../runtime/kafka.js'
import { runService, type Stop } from '../runtime/shutdown.js'
import { createTelemetry, type Telemetry } from '../runtime/telemetry.js'
import { type RetentionConfig, retentionConfig } from './config.js'
import { createEvents } from './events.js'
import { run } from './run.js'
import { startSchedule } from './schedule.js'

/** A part of a large day is written again as a whole. */
const REQUEST_TIMEOUT_MS = 3_600_000

/** Drops what is older than its retention, again and again, until a signal to stop. */
async function start(config: RetentionConfig, telemetry: Telemetry): Promise<readonly Stop[]> {
  const { log } = telemetry
  const client = connectClickHouse(config, 'gatelog-retention', { requestTimeoutMs: REQUEST_TIMEOUT_MS })
  const emitter = createEmitter({
    stream: audits,
    createProducer: kafkaProducer(connectKafka(config, 'gatelog-retention', log)),
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    logger: log,
    metrics: prometheusMetrics(prometheus, telemetry.metrics),
    context: noContext,
  })
  const events = createEvents(telemetry, streams)
  const parts = { client, streams, events, publish: emitter.publish, now: Date.now }
  const schedule = startSchedule((signal) => run({ ...parts, signal }), events, {
    intervalMs: config.RETENTION_INTERVAL_MINUTES * 60_000,
  })
  const openapi = { openapi: '3.1.0', info: { title: 'Gatelog retention', version: '1.0.0' }, paths: operationPaths }
  const app = createApp({ telemetry, openapi, ready: () => schedule.fault() })
  await app.listen({ host: config.HOST, port: config.PORT })
  log.info({ url: `http://${config.HOST}:${config.PORT}` }, 'listening')
  return [
    { name: 'http', stop: () => app.close() },
    // A run that waits for Kafka ends when the emitter does.
    { name: 'runs', stop: () => Promise.all([schedule.stop(), emitter.close()]) },
    { name: 'clickhouse', stop: () => client.close() },
  ]
}

try {
  const config = readConfig(retentionConfig, process.env)
  const telemetry = createTelemetry('retention', config.LOG_LEVEL)
  await runService(telemetry.log, () => start(config, telemetry))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
