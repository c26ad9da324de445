import { pino } from 'pino'
import type { RecordOf, Stream } from '../../../schemas/streams/index.js'
import { createEmitter, type Emitter, kafkaProducer } from '../../emitter/index.js'
import { connectKafka, type KafkaConfig } from '../../runtime/kafka.js'
import { CliError } from '../errors.js'
import type { Line } from '../lines.js'
import { publishLines } from '../publish_lines.js'

/** Less than the emitter's queue holds, so that no record is dropped. */
const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024
/** After this long without an acknowledgement the command gives up on Kafka. */
const STALL_MS = 30_000

/**
 * Publishes one record for each line of JSON. Resolves when Kafka has acknowledged all that were not rejected.
 *
 * @param onRejected called for each line that was not accepted, with the reason
 * @throws {CliError} `KAFKA_AWAY` when Kafka does not answer or stops answering
 */
export async function emitToKafka(
  lines: AsyncIterable<Line>,
  stream: Stream,
  config: KafkaConfig,
  onRejected: (line: number, reason: string) => void,
): Promise<{ readonly accepted: number; readonly rejected: number }> {
  const kafka = connectKafka(config, 'gatelog-cli', pino({ level: 'silent' }))
  const admin = kafka.admin({ retry: { retries: 1 } })
  try {
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [stream.name] })
  } catch {
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka at ${config.KAFKA_BROKERS.join(', ')} does not answer for the topic ${stream.name}: is the stack running? \`npm start\` starts one.`,
    )
  } finally {
    await admin.disconnect()
  }
  const emitter = createEmitter({ stream, createProducer: kafkaProducer(kafka), closeTimeoutMs: 2_000 })
  const guarded = closeWhenStalled(emitter)
  try {
    const result = await publishLines(lines, {
      publish: guarded.publish,
      onRejected,
      maxBytesInFlight: MAX_BYTES_IN_FLIGHT,
    })
    if (result.stoppedAfter === undefined) return result
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka stopped answering: it acknowledged ${result.accepted} lines, perhaps not the lines named above, and nothing after line ${result.stoppedAfter} was sent.`,
    )
  } finally {
    guarded.end()
    await emitter.close()
  }
}

/**
 * An emitter retries forever, which is right for a service. A command closes it when Kafka has not answered for a
 * while.
 */
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
    end: () => clearInterval(timer),
  }
}
