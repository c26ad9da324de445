import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { HIGHEST_BASE, LOWEST_BASE } from '../ports.js'

/** How `npm start` was called. */
export interface Options {
  readonly demo: boolean
  /** The folder that holds everything a stack keeps, as given. */
  readonly data: string
  readonly portBase: number
}

/** The options of a command line, or the exit code when there is nothing to start: help was asked for, or it is not understood. */
export function parseOptions(argv: readonly string[]): Options | { readonly exitCode: number } {
  const command = new Command('npm start --')
    .description(
      'Runs the whole of Gatelog on this machine: Kafka, ClickHouse, ingest, collector and query, and an organization that signs in.',
    )
    .option('--no-demo', 'start without simulated sign-ins')
    .option('--data <dir>', 'the folder to keep everything in, from one start to the next', '.local')
    .option('--port-base <n>', 'the first port; every other is a fixed step from it', portBase, 7400)
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

function portBase(text: string): number {
  const base = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (base >= LOWEST_BASE && base <= HIGHEST_BASE) return base
  throw new InvalidArgumentError(`It must be a whole number from ${LOWEST_BASE} to ${HIGHEST_BASE}.`)
}
