import { z } from 'zod'
import { audits, createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { readConfig } from '../../../services/runtime/env.js'
import { connectKafka, kafkaConfig } from '../../../services/runtime/kafka.js'
import { runService } from '../../../services/runtime/shutdown.js'
import { createTelemetry, telemetryConfig } from '../../../services/runtime/telemetry.js'
import { goLive } from './live.js'
import { makeUpPast } from './past.js'

const demoConfig = z.object({
  ...telemetryConfig,
  ...kafkaConfig,
  DEMO_PAST_FILE: z.string().describe('Where it is noted that the past has been made up'),
})

/** Simulated organizations whose people sign in and work, for as long as it runs: the records go the way of anybody’s, through emitters. */
async function main(config: z.output<typeof demoConfig>): Promise<void> {
  const { log } = createTelemetry('demo', config.LOG_LEVEL)
  await runService(log, async () => {
    const createProducer = kafkaProducer(connectKafka(config, 'gatelog-demo', log))
    const common = { createProducer, topicPrefix: config.KAFKA_TOPIC_PREFIX, logger: log }
    const trails = { signIns: createEmitter(common), actions: createEmitter({ ...common, stream: audits }) }
    const endLive = goLive(trails, Math.random)
    await makeUpPast(trails, Math.random, config.DEMO_PAST_FILE)
    return [
      { name: 'people', stop: endLive },
      { name: 'sign-ins', stop: () => trails.signIns.close() },
      { name: 'actions', stop: () => trails.actions.close() },
    ]
  })
}

try {
  await main(readConfig(demoConfig, process.env))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
