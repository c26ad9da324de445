import { Command } from 'commander'
import { pino } from 'pino'
import type { KafkaSecurityConfig } from '../../runtime/kafka/security.js'
import { connectKafka } from '../../runtime/kafka.js'
import { DeadLetterTopic } from '../dead_letters/dead_letter_topic.js'
import type { Letter, Letters } from '../dead_letters/letter.js'
import { letterJson, letterLine, letterPage } from '../dead_letters/print.js'
import { CliError } from '../errors.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'

interface Common {
  /** Set before each action: see `deadLettersCommand`. */
  readonly security: KafkaSecurityConfig
  readonly stack: string
  readonly stream: string
}

interface Selection extends Common {
  readonly all?: boolean
  readonly reason?: string
}

/** `security` says how brokers are reached that want TLS or a login. */
export function deadLettersCommand(security: () => KafkaSecurityConfig): Command {
  const command = new Command('dead-letters').description(
    'Lists, shows, replays and discards the records that could not be stored.',
  )

  command.hook('preAction', (_command, action) => void action.setOptionValue('security', security()))

  sub(command, 'list', 'Lists the open dead letters, the oldest first.')
    .option('--reason <code>', 'only dead letters with this reason')
    .option('--resolved', 'also replayed and discarded ones')
    .option('--json', 'print one JSON object per line')
    .action(async (options: Common & { reason?: string; resolved?: boolean; json?: boolean }) => {
      const letters = (await read(options)).list(options)
      for (const letter of letters) process.stdout.write(`${options.json ? letterJson(letter) : letterLine(letter)}\n`)
      if (!options.json) process.stdout.write(`${summary(letters)}\n`)
    })

  sub(command, 'show <key>', 'Shows one dead letter: reason, origin and the record’s bytes.').action(
    async (key: string, options: Common) => {
      const letter = one(await read(options), key)
      process.stdout.write(letterPage(letter, await (await deadLetterTopic(options)).value(key)))
    },
  )

  selecting(
    command,
    'replay [key...]',
    'Sends records to their topic again, unchanged. Use it when the cause is fixed.',
  ).action(async (keys: string[], options: Selection) => {
    const chosen = choose(await read(options), keys, options)
    const { replayed, left } =
      chosen.length > 0 ? await (await deadLetterTopic(options)).replay(chosen) : { replayed: 0, left: 0 }
    process.stdout.write(
      `${replayed} replayed${left === 0 ? '' : `; ${left} left open: too large, or a whole record batch`}\n`,
    )
  })
  selecting(command, 'discard [key...]', 'Closes dead letters without replaying them.').action(
    async (keys: string[], options: Selection) => {
      const chosen = choose(await read(options), keys, options)
      if (chosen.length > 0) await (await deadLetterTopic(options)).discard(chosen)
      process.stdout.write(`${chosen.length} discarded\n`)
    },
  )
  return command
}

function sub(parent: Command, usage: string, description: string): Command {
  return parent.command(usage).description(description).addOption(stackOption()).addOption(streamOption())
}

/** A subcommand that works on the letters that it is given by key, by reason, or on all open ones. */
function selecting(parent: Command, usage: string, description: string): Command {
  return sub(parent, usage, description)
    .option('--reason <code>', 'dead letters with this reason')
    .option('--all', 'all open dead letters')
}

async function deadLetterTopic({ stack, stream, security }: Common): Promise<DeadLetterTopic> {
  const { kafka } = await readStack(stack)
  const config = { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC_PREFIX: '', ...security }
  return new DeadLetterTopic(connectKafka(config, 'gatelog-cli', pino({ level: 'silent' })), stream)
}

async function read(options: Common): Promise<Letters> {
  const topic = await deadLetterTopic(options)
  try {
    return await topic.letters()
  } catch {
    throw new CliError(
      'KAFKA_AWAY',
      `The dead letters of ${options.stream} cannot be read from Kafka. Is the stack running? \`npm start\` starts one.`,
    )
  }
}

function one(letters: Letters, key: string): Letter {
  const letter = letters.get(key)
  if (letter !== undefined) return letter
  throw new CliError(
    'LETTER_UNKNOWN',
    `There is no dead letter ${key}. \`gatelog dead-letters list --resolved\` lists all.`,
  )
}

function choose(letters: Letters, keys: readonly string[], { all, reason }: Selection): readonly Letter[] {
  if (keys.length > 0) return keys.map((key) => one(letters, key))
  if (all === true || reason !== undefined) return letters.list({ reason })
  throw new CliError('LETTERS_NOT_NAMED', 'Give the keys of dead letters, --reason CODE or --all.')
}

function summary(letters: readonly Letter[]): string {
  const counts = new Map<string, number>()
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return letters.length === 0 ? 'no dead letters' : `${letters.length} in all: ${reasons}`
}
