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
import { connectKafka } from '../../runtime/kafka.js'
import { CliError } from '../errors.js'
import { readLines } from '../lines.js'
import { publishLines } from '../publish_lines.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'

/** JSON text of a record that may be carried: its escapes make it longer than the record, sixfold at the very most. */
const MAX_LINE_BYTES = 6 * MAX_RECORD_BYTES
/** Well within the emitter's own queue, which drops what does not fit. */
const WINDOW_BYTES = 8 * 1024 * 1024
/** After so long without an answer, Kafka counts as gone. */
const STALL_MS = 30_000

export function emitCommand(): Command {
  return new Command('emit')
    .description('Publishes audit records: a JSON object a line, with the field names of the model.')
    .argument('<file>', 'the file to read, or - for standard input')
    .addOption(streamOption())
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
Fields: event_id (a UUID; a new one if left out), time (RFC 3339; now if left out), and
${streams.map(describeFields).join('\n')}

Lines that are refused are told on standard error with their number and the reason; the exit code is then 1.`,
    )
    .action(async (file: string, options: { readonly stream: string; readonly stack: string }) => {
      const { kafka } = await readStack(options.stack)
      const stream = streamNamed(options.stream) as Stream
      const { accepted, refused } = await emitFile(file, stream, kafka.brokers)
      process.stdout.write(`${accepted} accepted, ${refused} refused\n`)
      if (refused > 0) process.exitCode = 1
    })
}

function describeFields({ name, fields }: Stream): string {
  return `  ${name}: ${fields.map(describeField).join(', ')}.`
}

function describeField({ name, list }: Field): string {
  return list === undefined ? name : `${name} (a list of {${list.map((part) => part.name).join(', ')}})`
}

/**
 * Publishes the records of a file and resolves when Kafka has acknowledged every one that was not refused.
 *
 * @throws {CliError} `INPUT_UNREADABLE`, or `KAFKA_AWAY` when it does not answer, or no longer does
 */
async function emitFile(
  file: string,
  stream: Stream,
  brokers: string[],
): Promise<{ accepted: number; refused: number }> {
  const kafka = connectKafka(
    { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: '' },
    'gatelog-cli',
    pino({ level: 'silent' }),
  )
  const admin = kafka.admin({ retry: { retries: 1 } })
  try {
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [stream.name] })
  } catch {
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka at ${brokers.join(', ')} does not answer for the topic ${stream.name}: is the stack running? \`npm start\` starts one.`,
    )
  } finally {
    await admin.disconnect()
  }
  const emitter = createEmitter({ stream, createProducer: kafkaProducer(kafka), closeTimeoutMs: 2_000 })
  const watched = closeWhenStalled(emitter)
  try {
    const outcome = await publishLines(readLines(inputOf(file), MAX_LINE_BYTES), {
      publish: watched.publish,
      refuse: (line, reason) => process.stderr.write(`line ${line}: ${reason}\n`),
      windowBytes: WINDOW_BYTES,
    })
    if (outcome.abandonedAfter === undefined) return outcome
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka stopped answering: ${outcome.accepted} lines were accepted, those named above perhaps not, and none after line ${outcome.abandonedAfter} was tried.`,
    )
  } finally {
    watched.end()
    await emitter.close()
  }
}

/** An emitter tries for as long as it takes, which suits a service; somebody who waits at a terminal is told that Kafka is gone. */
function closeWhenStalled(emitter: Emitter<Stream>) {
  let pending = 0
  let answered = Date.now()
  const timer = setInterval(() => {
    if (pending > 0 && Date.now() - answered > STALL_MS) emitter.close()
  }, 500)
  return {
    publish: async (record: object): Promise<unknown> => {
      if (pending === 0) answered = Date.now()
      pending += 1
      try {
        return await emitter.publish(record as RecordOf<Stream>)
      } finally {
        pending -= 1
        answered = Date.now()
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
