import { Command } from 'commander'
import { pino } from 'pino'
import { connectKafka } from '../../runtime/kafka.js'
import type { Letter, Letters } from '../dead_letters/letter.js'
import { Mailbox } from '../dead_letters/mailbox.js'
import { letterJson, letterLine, letterPage } from '../dead_letters/print.js'
import { CliError } from '../errors.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'

interface Common {
  readonly stack: string
  readonly stream: string
}

interface Selection extends Common {
  readonly all?: boolean
  readonly reason?: string
}

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'Shows the records that could not be stored, and why; replays or discards them.',
  )

  sub(command, 'list', 'Lists the letters about which nothing has been done yet, the oldest first.')
    .option('--reason <code>', 'only those of this reason')
    .option('--resolved', 'also those that were replayed or discarded')
    .option('--json', 'a JSON object a line')
    .action(async (options: Common & { reason?: string; resolved?: boolean; json?: boolean }) => {
      const letters = (await read(options)).list(options)
      for (const letter of letters) process.stdout.write(`${options.json ? letterJson(letter) : letterLine(letter)}\n`)
      if (!options.json) process.stdout.write(`${summary(letters)}\n`)
    })

  sub(command, 'show <key>', 'Shows one letter: why, where from, and the record’s bytes.').action(
    async (key: string, options: Common) => {
      const letter = one(await read(options), key)
      process.stdout.write(letterPage(letter, await (await mailbox(options)).value(key)))
    },
  )

  for (const [name, done, description] of [
    ['replay', 'replayed', 'Puts records into their topic again, as they were: when what they lacked has been mended.'],
    ['discard', 'discarded', 'Says that nothing more is to be done about letters.'],
  ] as const) {
    sub(command, `${name} [key...]`, description)
      .option('--reason <code>', 'those of this reason')
      .option('--all', 'all about which nothing has been done yet')
      .action(async (keys: string[], options: Selection) => {
        const chosen = choose(await read(options), keys, options)
        if (chosen.length > 0) await (await mailbox(options))[name](chosen)
        process.stdout.write(`${chosen.length} ${done}\n`)
      })
  }
  return command
}

function sub(parent: Command, usage: string, description: string): Command {
  return parent.command(usage).description(description).addOption(stackOption()).addOption(streamOption())
}

async function mailbox({ stack, stream }: Common): Promise<Mailbox> {
  const { kafka } = await readStack(stack)
  const config = { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC_PREFIX: '' }
  return new Mailbox(connectKafka(config, 'gatelog-cli', pino({ level: 'silent' })), stream)
}

async function read(options: Common): Promise<Letters> {
  const box = await mailbox(options)
  try {
    return await box.letters()
  } catch {
    throw new CliError(
      'KAFKA_AWAY',
      `Kafka does not answer for the dead letters of ${options.stream}: is the stack running? \`npm start\` starts one.`,
    )
  }
}

function one(letters: Letters, key: string): Letter {
  const letter = letters.get(key)
  if (letter !== undefined) return letter
  throw new CliError(
    'LETTER_UNKNOWN',
    `There is no dead letter ${key}: \`gatelog dead-letters list --resolved\` names all.`,
  )
}

function choose(letters: Letters, keys: readonly string[], { all, reason }: Selection): readonly Letter[] {
  if (keys.length > 0) return keys.map((key) => one(letters, key))
  if (all === true || reason !== undefined) return letters.list({ reason })
  throw new CliError('LETTERS_NOT_NAMED', 'Name the letters by their keys, or give --reason CODE or --all.')
}

function summary(letters: readonly Letter[]): string {
  const counts = new Map<string, number>()
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return letters.length === 0 ? 'no dead letters' : `${letters.length} in all: ${reasons}`
}
