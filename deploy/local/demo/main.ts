import { z } from 'zod'
import { audits, createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { readConfig } from '../../../services/runtime/env.js'
import { connectKafka, kafkaConfig } from '../../../services/runtime/kafka.js'
import { runService } from '../../../services/runtime/shutdown.js'
import { createTelemetry, telemetryConfig } from '../../../services/runtime/telemetry.js'
import { generateHistory } from './history.js'
import { generateLive } from './live.js'

const demoConfig = z.object({
  ...telemetryConfig,
  ...kafkaConfig,
  DEMO_HISTORY_FILE: z.string().describe('The file that exists when the history has been generated'),
})

/** Simulates organizations whose people sign in and work. Its records go through emitters, as those of any program. */
async function main(config: z.output<typeof demoConfig>): Promise<void> {
  const { log } = createTelemetry('demo', config.LOG_LEVEL)
  await runService(log, async () => {
    const createProducer = kafkaProducer(connectKafka(config, 'gatelog-demo', log))
    const common = { createProducer, topicPrefix: config.KAFKA_TOPIC_PREFIX, logger: log }
    const emitters = { signIns: createEmitter(common), actions: createEmitter({ ...common, stream: audits }) }
    const endLive = generateLive(emitters, Math.random)
    await generateHistory(emitters, Math.random, config.DEMO_HISTORY_FILE)
    return [
      { name: 'people', stop: endLive },
      { name: 'sign-ins', stop: () => emitters.signIns.close() },
      { name: 'actions', stop: () => emitters.actions.close() },
    ]
  })
}

try {
  await main(readConfig(demoConfig, process.env))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
