import { authAudits } from '../../../schemas/streams/index.js'
import { ingestConfig } from '../../../services/ingest/config.js'
import { connectForFetching } from '../../../services/ingest/fetch/connection.js'
import { createIngest } from '../../../services/ingest/ingest.js'
import { connectClickHouse } from '../../../services/runtime/clickhouse.js'
import { readConfig } from '../../../services/runtime/env.js'
import { runService } from '../../../services/runtime/shutdown.js'
import { createTelemetry } from '../../../services/runtime/telemetry.js'
import { gated } from './decorate.js'
import { createGate } from './gate.js'
import type { Order, Reached } from './points.js'
import { type Sabotage, sabotages } from './safeguards.js'

/** The first argument of a worker, as JSON. */
export interface WorkerArguments {
  readonly sabotage?: Sabotage | undefined
  /** The order that waits at the gate from the start. */
  readonly order?: Order | undefined
}

/** A message of a worker: it has started, one of its partitions has halted, or it carries out an order. */
export type WorkerMessage = 'started' | 'halted' | Reached

/** A message to a running worker: the order that waits at the gate from now on, or none. */
export interface Instruction {
  readonly order?: Order | undefined
}

/**
 * An ingest worker as it is shipped, with a gate at each step of the protocol. It takes orders from its parent process,
 * and ends with it.
 *
 * Usage: node main.js ARGUMENTS, with the environment of an ingest service
 */
const { sabotage, order } = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments
const report = (message: WorkerMessage, sent: () => void = () => undefined) => process.send?.(message, sent)
const gate = createGate(report)
if (order !== undefined) gate.arm(order)
process.on('message', (instruction: Instruction) => gate.arm(instruction.order))
process.once('disconnect', () => process.exit(1))

const config = readConfig(ingestConfig, process.env)
const telemetry = createTelemetry('ingest', config.LOG_LEVEL)
const { log } = telemetry
await runService(log, async () => {
  const ingest = createIngest({
    config,
    // The only stream that the suite fills. All streams use the same code.
    streams: [authAudits],
    telemetry,
    connection: connectForFetching(config, log),
    clickhouse: connectClickHouse(config, 'gatelog-ingest'),
    onFatal: (error) => {
      log.fatal({ err: error }, 'the store thread ended')
      process.exit(1)
    },
    decorate: (context) =>
      gated(sabotage === undefined ? context : sabotages[sabotage](context), gate, () => report('halted')),
  })
  await ingest.start()
  report('started')
  return [{ name: 'ingest', stop: ingest.stop }]
})
