import { streams } from '../../schemas/streams/index.js'
import { connectClickHouse } from '../runtime/clickhouse.js'
import { readConfig } from '../runtime/env.js'
import { createApp } from '../runtime/http.js'
import { runService, type Stop } from '../runtime/shutdown.js'
import { createTelemetry, type Telemetry } from '../runtime/telemetry.js'
import { type IngestConfig, ingestConfig } from './config.js'
import { connectForFetching } from './fetch/connection.js'
import { createIngest } from './ingest.js'

/** KAFKA → CLICKHOUSE, until a signal to stop. */
async function start(config: IngestConfig, telemetry: Telemetry): Promise<readonly Stop[]> {
  const { log } = telemetry
  const ingest = createIngest({
    config,
    streams,
    telemetry,
    connection: connectForFetching(config, log),
    clickhouse: connectClickHouse(config, 'gatelog-ingest'),
    // A worker can do nothing without its store. Another worker finishes what was in flight, exactly once.
    onFatal: (error) => {
      log.fatal({ err: error }, 'the store thread ended')
      process.exit(1)
    },
  })
  const app = createApp({ telemetry, openapi: ingest.openapi, ready: ingest.ready })
  await app.listen({ host: config.HOST, port: config.PORT })
  log.info({ url: `http://${config.HOST}:${config.PORT}` }, 'listening')
  await ingest.start()
  return [
    { name: 'ingest', stop: ingest.stop },
    { name: 'http', stop: () => app.close() },
  ]
}

try {
  const config = readConfig(ingestConfig, process.env)
  const telemetry = createTelemetry('ingest', config.LOG_LEVEL)
  await runService(telemetry.log, () => start(config, telemetry))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
