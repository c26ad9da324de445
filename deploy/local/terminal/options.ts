import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { HIGHEST_BASE, LOWEST_BASE } from '../ports.js'

/** The options of `npm start`. */
export interface Options {
  readonly demo: boolean
  /** The data folder, as given. */
  readonly data: string
  readonly portBase: number
}

/** Parses the command line. Returns an exit code for `--help` and for invalid options. */
export function parseOptions(argv: readonly string[]): Options | { readonly exitCode: number } {
  const command = new Command('npm start --')
    .description(
      'Runs all of Gatelog on this machine: Kafka, ClickHouse, ingest, collector, query, and a demo of organizations that sign in.',
    )
    .option('--no-demo', 'start without simulated sign-ins')
    .option('--data <dir>', 'the folder for data, logs and secrets', dataFolder, '.local')
    .option('--port-base <n>', 'the first port; the others have fixed offsets from it', portBase, 7400)
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

function dataFolder(text: string): string {
  if (text.trim() !== '') return text
  // An empty path would be the current folder: an unset variable in a script, for example.
  throw new InvalidArgumentError('It must name a folder.')
}

function portBase(text: string): number {
  const base = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (base >= LOWEST_BASE && base <= HIGHEST_BASE) return base
  throw new InvalidArgumentError(`It must be a whole number from ${LOWEST_BASE} to ${HIGHEST_BASE}.`)
}
