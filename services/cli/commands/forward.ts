import { addAbortSignal } from 'node:stream'
import { Command, InvalidArgumentError, Option } from 'commander'
import { streams } from '../../../schemas/streams/index.js'
import { CliError } from '../errors.js'
import type { Format } from '../forward/format.js'
import { formats } from '../forward/formats.js'
import { readObjects } from '../forward/json_values.js'
import { Progress, summary } from '../forward/progress.js'
import { partsOf } from '../forward/read_parts.js'
import { connectPublisher, type KafkaPublisher, type ProducingSettings } from '../kafka_publisher.js'
import { type Line, readLines } from '../lines.js'
import { type PublishResult, publishLines } from '../publish_lines.js'
import { readStack, stackOption } from '../stack_file.js'

/** Longest line or object. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
/** Less than the emitter's queue holds, so that no record is dropped. */
const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024

interface ForwardOptions {
  readonly from: string
  readonly source?: string
  readonly organization?: string
  readonly organizationName?: string
  readonly organizationPrefix?: string
  readonly keycloakUrl?: string
  readonly utcOffset: string
  readonly stack: string
}

export function forwardCommand(producing: () => ProducingSettings): Command {
  return new Command('forward')
    .description('Reads the log of an identity provider on standard input and publishes its events.')
    .addOption(new Option('--from <form>', 'what the input is').choices(Object.keys(formats)).makeOptionMandatory())
    .option('--source <name>', 'the name of this provider; event_ids depend on it (default: its kind)')
    .option('--organization <id>', 'the organization of every record, in place of the one in the event')
    .option('--organization-name <name>', 'the name of that organization')
    .addOption(
      new Option('--organization-prefix <text>', 'text before the id of the event’s organization').conflicts(
        'organization',
      ),
    )
    .option('--keycloak-url <url>', 'the public URL of Keycloak, for the issuer of its records')
    .addOption(
      new Option('--utc-offset <offset>', 'the offset of times in the log that have none')
        .argParser(utcOffset)
        .default('+00:00'),
    )
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
Examples:
  docker logs -f authentik-server 2>&1 | gatelog forward --from authentik-log
  kc.sh start … | gatelog forward --from keycloak-log

Lines without an event are counted as ignored. Faults are printed on standard error with the number of their line; the
exit code is then 1. Ctrl-C ends the command when Kafka has acknowledged what was read. An input that is forwarded twice
is stored once.`,
    )
    .action(async (options: ForwardOptions, command: Command) => {
      if (options.organizationName !== undefined && options.organization === undefined) {
        command.error('error: --organization-name needs --organization')
      }
      const { kafka } = await readStack(options.stack)
      const publisher = await connectPublisher(
        { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC_PREFIX: '', ...producing() },
        streams,
      )
      try {
        const result = await forward(options, publisher)
        process.stdout.write(`${summary(result)}\n`)
        if (result.rejected > 0) process.exitCode = 1
      } finally {
        await publisher.close()
      }
    })
}

function utcOffset(text: string): string {
  if (/^[+-]([01]\d|2[0-3]):[0-5]\d$/.test(text)) return text
  throw new InvalidArgumentError('It must be like +02:00.')
}

/** @throws {CliError} `KAFKA_AWAY` when Kafka stops answering */
async function forward(options: ForwardOptions, publisher: KafkaPublisher): Promise<PublishResult> {
  const format = formats[options.from] as Format
  const { organization: id, organizationName: name } = options
  const read = format.open({
    name: options.source ?? format.source,
    organization: id === undefined ? undefined : { id, name },
    organization_prefix: options.organizationPrefix,
    url: options.keycloakUrl?.replace(/\/$/, ''),
    utcOffset: options.utcOffset,
  })
  const progress = new Progress(process.stderr)
  const result = await publishLines(untilInterrupted(format), {
    read: partsOf(read, Date.now),
    publish: ({ stream, record }) => publisher.publish(stream, record),
    onRejected: (line, reason) => progress.say(`line ${line}: ${reason}`),
    onLine: (tally) => progress.update(tally),
    maxBytesInFlight: MAX_BYTES_IN_FLIGHT,
  })
  progress.end()
  if (result.stoppedAfter === undefined) return result
  throw new CliError(
    'KAFKA_AWAY',
    `Kafka stopped answering: it acknowledged ${result.accepted} records, and nothing after line ${result.stoppedAfter} was sent. Forward the input again: what is stored stays one record.`,
  )
}

/** The lines or objects of standard input, until it ends or the user interrupts. A line that is cut then is left. */
async function* untilInterrupted(format: Format): AsyncGenerator<Line> {
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const input = addAbortSignal(interruption.signal, process.stdin)
  try {
    yield* format.isJson ? readObjects(input, MAX_LINE_BYTES) : readLines(input, MAX_LINE_BYTES)
  } catch (error) {
    if (!interruption.signal.aborted) throw error
  }
}
