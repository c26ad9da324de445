import { Command, CommanderError, InvalidArgumentError } from 'commander'

/** The options of `npm run chaos`. */
export interface Options {
  readonly seed: number
  readonly faults: number
  readonly workers: number
  readonly partitions: number
  readonly rate: number
  readonly records: number
  readonly round: number
  readonly range: number
  readonly secure: boolean
  readonly selfTest: boolean
  readonly keep: boolean
}

/** Parses a command line. Returns the exit code if there is nothing to run: for `--help` or an error. */
export function parseOptions(argv: readonly string[]): Options | { readonly exitCode: number } {
  const command = new Command('npm run chaos --')
    .description(
      'Injects faults into real ingest workers, a real Kafka and a real ClickHouse, and checks that every record that Kafka acknowledged is stored once.',
    )
    .option('--seed <n>', 'the seed of the faults and the records', whole(0), 1)
    .option('--faults <n>', 'number of faults', whole(1), 30)
    .option('--workers <n>', 'number of workers that share the partitions', whole(1), 3)
    .option('--partitions <n>', 'number of partitions of the topic', whole(1), 6)
    .option('--rate <n>', 'records per second', whole(1), 1_500)
    .option('--records <n>', 'continue after the last fault until this many records are sent', whole(0), 0)
    .option('--round <n>', 'faults between two comparisons of everything', whole(1), 30)
    .option('--range <n>', 'most records in one range; larger ranges catch up sooner', whole(1), 500)
    .option('--secure', 'connect workers over TLS, with a login to Kafka and client certificates to ClickHouse', false)
    .option('--self-test', 'turn off one safeguard at a time and check that the suite finds the damage', false)
    .option('--keep', 'keep the servers’ data and all logs', false)
    .allowExcessArguments(false)
    .exitOverride()
  try {
    return command.parse(argv, { from: 'user' }).opts<Options>()
  } catch (error) {
    // Commander has printed the reason.
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

/** The command that repeats the run. */
export function replay({ seed, faults, workers, partitions, rate, records, round, range, secure }: Options): string {
  const flags = { seed, faults, workers, partitions, rate, records, round, range }
  const values = Object.entries(flags).map(([name, value]) => `--${name} ${value}`)
  return ['npm run chaos --', ...values, ...(secure ? ['--secure'] : [])].join(' ')
}
