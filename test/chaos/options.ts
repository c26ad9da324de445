import { Command, CommanderError, InvalidArgumentError } from 'commander'

/** How `npm run chaos` was called. */
export interface Options {
  readonly seed: number
  readonly faults: number
  readonly workers: number
  readonly partitions: number
  readonly rate: number
  readonly records: number
  readonly round: number
  readonly range: number
  readonly selfTest: boolean
  readonly keep: boolean
}

/** The options of a command line, or the exit code when there is nothing to run: help was asked for, or it is not understood. */
export function parseOptions(argv: readonly string[]): Options | { readonly exitCode: number } {
  const command = new Command('npm run chaos --')
    .description(
      'Does faults to real ingest workers, a real Kafka and a real ClickHouse, and checks that every record that Kafka acknowledged is stored once.',
    )
    .option('--seed <n>', 'what the faults and the records are made from', whole(0), 1)
    .option('--faults <n>', 'how many faults', whole(1), 30)
    .option('--workers <n>', 'how many workers share the partitions', whole(1), 3)
    .option('--partitions <n>', 'how many partitions the topic has', whole(1), 6)
    .option('--rate <n>', 'records a second', whole(1), 1_500)
    .option('--records <n>', 'go on after the last fault until so many records were sent', whole(0), 0)
    .option('--round <n>', 'compare everything after so many faults, and at the end', whole(1), 30)
    .option('--range <n>', 'most records in one range; larger ones catch up sooner', whole(1), 500)
    .option('--self-test', 'switch the safeguards off, one by one, and check that each is missed', false)
    .option('--keep', 'keep the servers’ data and all logs', false)
    .allowExcessArguments(false)
    .exitOverride()
  try {
    return command.parse(argv, { from: 'user' }).opts<Options>()
  } catch (error) {
    // Commander has said why.
    if (error instanceof CommanderError) return { exitCode: error.exitCode }
    throw error
  }
}

function whole(min: number) {
  return (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min)) throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`)
    return value
  }
}

/** The command that does the same again. */
export function replay({ seed, faults, workers, partitions, rate, records, round, range }: Options): string {
  const flags = { seed, faults, workers, partitions, rate, records, round, range }
  return `npm run chaos -- ${Object.entries(flags)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ')}`
}
