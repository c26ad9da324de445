import { authAudits } from '../../../schemas/streams/index.js'
import { ingestConfig } from '../../../services/ingest/config.js'
import { createIngest } from '../../../services/ingest/ingest.js'
import { connectClickHouse } from '../../../services/runtime/clickhouse.js'
import { readConfig } from '../../../services/runtime/env.js'
import { connectKafka } from '../../../services/runtime/kafka.js'
import { runService } from '../../../services/runtime/shutdown.js'
import { createTelemetry } from '../../../services/runtime/telemetry.js'
import { gated } from './decorate.js'
import { createGate } from './gate.js'
import type { Order } from './points.js'
import { type Sabotage, sabotages } from './safeguards.js'

/** What a worker is started with, as JSON in its first argument. */
export interface WorkerArguments {
  readonly sabotage?: Sabotage | undefined
  /** Waits at the gate from the beginning. */
  readonly order?: Order | undefined
}

/** What a worker is told while it runs: the order that waits at the gate from now on, or none. */
export interface Instruction {
  readonly order?: Order | undefined
}

/**
 * An ingest worker as it is shipped, with a gate at each step of the protocol. It takes orders from its parent process, and ends with it.
 *
 * Usage: node main.js ARGUMENTS, with the environment of an ingest service
 */
const { sabotage, order } = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments
const gate = createGate((reached, told) => process.send?.(reached, told))
if (order !== undefined) gate.arm(order)
process.on('message', (instruction: Instruction) => gate.arm(instruction.order))
process.once('disconnect', () => process.exit(1))

const config = readConfig(ingestConfig, process.env)
const telemetry = createTelemetry('ingest', config.LOG_LEVEL)
const { log } = telemetry
await runService(log, async () => {
  const ingest = createIngest({
    config,
    // The one that the suite fills: what strikes a worker strikes where there are records. All streams go the same way.
    streams: [authAudits],
    telemetry,
    kafka: connectKafka(config, 'gatelog-ingest', log),
    clickhouse: connectClickHouse(config, 'gatelog-ingest'),
    onFatal: (error) => {
      log.fatal({ err: error }, 'the store ended')
      process.exit(1)
    },
    decorate: (context) => gated(sabotage === undefined ? context : sabotages[sabotage](context), gate),
  })
  await ingest.start()
  process.send?.('started')
  return [{ name: 'ingest', stop: ingest.stop }]
})
