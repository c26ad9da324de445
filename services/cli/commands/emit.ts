import { createReadStream } from 'node:fs'
import { Command } from 'commander'
import { pino } from 'pino'
import {
  type Field,
  MAX_RECORD_BYTES,
  type RecordOf,
  type Stream,
  streamNamed,
  streams,
} from '../../../schemas/streams/index.js'
import { createEmitter, type Emitter, kafkaProducer } from '../../emitter/index.js'
import type { KafkaSecurityConfig } from '../../runtime/kafka/security.js'
import { connectKafka, type KafkaConfig } from '../../runtime/kafka.js'
import { CliError } from '../errors.js'
import { readLines } from '../lines.js'
import { publishLines } from '../publish_lines.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'

/** Longest line. JSON escapes make a record at most six times as long. */
const MAX_LINE_BYTES = 6 * MAX_RECORD_BYTES
/** Less than the emitter's queue holds, so that no record is dropped. */
const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024
/** After this long without an acknowledgement the command gives up on Kafka. */
const STALL_MS = 30_000

export function emitCommand(security: () => KafkaSecurityConfig): Command {
  return new Command('emit')
    .description('Publishes audit records from a file with one JSON object per line.')
    .argument('<file>', 'the file to read, or - for standard input')
    .addOption(streamOption())
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
Fields: event_id (a UUID; a new one if left out), time (RFC 3339; now if left out), and
${streams.map(describeFields).join('\n')}

Rejected lines are printed on standard error with their number and the reason; the exit code is then 1.`,
    )
    .action(async (file: string, options: { readonly stream: string; readonly stack: string }) => {
      const { kafka } = await readStack(options.stack)
      const stream = streamNamed(options.stream) as Stream
      const { accepted, rejected } = await emitFile(file, stream, {
        KAFKA_BROKERS: kafka.brokers,
        KAFKA_TOPIC_PREFIX: '',
        ...security(),
      })
      process.stdout.write(`${accepted} accepted, ${rejected} rejected\n`)
      if (rejected > 0) process.exitCode = 1
    })
}

function describeFields({ name, fields }: Stream): string {
  return `  ${name}: ${fields.map(describeField).join(', ')}.`
}

function describeField({ name, list }: Field): string {
  return list === undefined ? name : `${name} (a list of {${list.map((part) => part.name).join(', ')}})`
}

/**
 * Publishes the records of a file. Resolves when Kafka has acknowledged all that were not rejected.
 *
 * @throws {CliError} `INPUT_UNREADABLE`, or `KAFKA_AWAY` when Kafka does not answer or stops answering
 */
async function emitFile(
  file: string,
  stream: Stream,
  config: KafkaConfig,
): Promise<{ accepted: number; rejected: number }> {
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
    const result = await publishLines(readLines(inputOf(file), MAX_LINE_BYTES), {
      publish: guarded.publish,
      onRejected: (line, reason) => process.stderr.write(`line ${line}: ${reason}\n`),
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

async function* inputOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError('INPUT_UNREADABLE', `${file} cannot be read (${code}).`)
  }
}
