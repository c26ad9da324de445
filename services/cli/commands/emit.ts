import { createReadStream } from 'node:fs'
import { Command, Option } from 'commander'
import { type Field, MAX_RECORD_BYTES, type Stream, streamNamed, streams } from '../../../schemas/streams/index.js'
import { type DoorOptions, openDoor } from '../emit/door.js'
import { emitOverHttp } from '../emit/over_http.js'
import { emitToKafka } from '../emit/to_kafka.js'
import { CliError } from '../errors.js'
import type { ProducingSettings } from '../kafka_publisher.js'
import { readLines } from '../lines.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'

/** Longest line. JSON escapes make a record at most six times as long. */
const MAX_LINE_BYTES = 6 * MAX_RECORD_BYTES
interface Options extends Omit<DoorOptions, 'url'> {
  readonly stream: string
  readonly url?: string
}

export function emitCommand(producing: () => ProducingSettings): Command {
  return new Command('emit')
    .description('Publishes audit records from a file with one JSON object per line.')
    .argument('<file>', 'the file to read, or - for standard input')
    .addOption(streamOption())
    .option('--url <url>', 'write over HTTP to the collector at this URL (default: to the Kafka of the stack)')
    .addOption(new Option('--token <jwt>', 'a token with the scope audits:write, for --url'))
    .addOption(new Option('--token-file <file>', 'a file with such a token').conflicts(['token', 'keyFile']))
    .addOption(new Option('--key-file <file>', 'a file with an API key, for --url').conflicts(['token', 'tokenFile']))
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
Fields: event_id (a UUID; a new one if left out), time (RFC 3339; now if left out), and
${streams.map(describeFields).join('\n')}

What gatelog export wrote as ndjson can be emitted as it is: outcome is left out, because it follows from the other fields.

Rejected lines are printed on standard error with their number and the reason; the exit code is then 1.`,
    )
    .action(async (file: string, options: Options) => {
      const { accepted, rejected } = await emitFile(file, options, producing)
      process.stdout.write(`${accepted} accepted, ${rejected} rejected\n`)
      if (rejected > 0) process.exitCode = 1
    })
}

async function emitFile(
  file: string,
  { url, ...options }: Options,
  producing: () => ProducingSettings,
): Promise<{ readonly accepted: number; readonly rejected: number }> {
  const stream = streamNamed(options.stream) as Stream
  const lines = readLines(inputOf(file), MAX_LINE_BYTES)
  const onRejected = (line: number, reason: string) => {
    process.stderr.write(`line ${line}: ${reason}\n`)
  }
  if (url !== undefined) {
    return emitOverHttp(lines, stream, await openDoor({ ...options, url }, stream.name), {
      onRejected,
      onWait: (reason, seconds) => process.stderr.write(`${reason} Trying again in ${seconds.toFixed(1)} s.\n`),
    })
  }
  if ((options.token ?? options.tokenFile ?? options.keyFile) !== undefined) {
    throw new CliError('URL_INVALID', 'A credential needs --url: Kafka has its own, in the environment.')
  }
  const { kafka } = await readStack(options.stack)
  const config = { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC_PREFIX: '', ...producing() }
  return emitToKafka(lines, stream, config, onRejected)
}

function describeFields({ name, fields }: Stream): string {
  return `  ${name}: ${fields.map(describeField).join(', ')}.`
}

function describeField({ name, list, json }: Field): string {
  if (json !== undefined) return `${name} (an object)`
  return list === undefined ? name : `${name} (a list of {${list.map((part) => part.name).join(', ')}})`
}

async function* inputOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError('INPUT_UNREADABLE', `${file} cannot be read (${code}).`)
  }
}
