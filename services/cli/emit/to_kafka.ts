import type { Stream } from '../../../schemas/streams/index.js'
import { CliError } from '../errors.js'
import { connectPublisher, type PublisherConfig } from '../kafka_publisher.js'
import type { Line } from '../lines.js'
import { type PublishResult, publishLines, readJsonRecord } from '../publish_lines.js'
import { withoutDerived } from './exported.js'

/** Less than the emitter's queue holds, so that no record is dropped. */
const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024

/**
 * Publishes one record for each line of JSON. Resolves when Kafka has acknowledged all that were not rejected.
 *
 * @param onRejected called for each line that was not accepted, with the reason
 * @throws {CliError} `KAFKA_AWAY` when Kafka does not answer or stops answering
 */
export async function emitToKafka(
  lines: AsyncIterable<Line>,
  stream: Stream,
  config: PublisherConfig,
  onRejected: (line: number, reason: string) => void,
): Promise<PublishResult> {
  const publisher = await connectPublisher(config, [stream])
  try {
    const result = await publishLines(lines, {
      read: readJsonRecord,
      publish: (record) => publisher.publish(stream, withoutDerived(stream, record)),
      onRejected,
      maxBytesInFlight: MAX_BYTES_IN_FLIGHT,
    })
    if (result.stoppedAfter === undefined) return result
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka stopped answering: it acknowledged ${result.accepted} lines, perhaps not the lines named above, and nothing after line ${result.stoppedAfter} was sent.`,
    )
  } finally {
    await publisher.close()
  }
}
