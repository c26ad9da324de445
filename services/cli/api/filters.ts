import type { Command } from 'commander'
import { CliError } from '../errors.js'

/** How a command describes its filters. */
const FILTERS_HELP =
  'which records, as name=value with the parameters of the API; repeat a name to match any of several values'

/** Options with several values, none of which has a `=`. */
const OPTIONS_BEFORE_FILTERS = ['org', 'by']

/**
 * Adds filters to a command, as its arguments. `--org org-1 outcome=failure` gives both words to `--org`, and `--by`
 * does the same; what has a `=` is a filter nevertheless, because neither ids nor fields have one.
 */
export function withFilters(command: Command): Command {
  return command.argument('[filter...]', FILTERS_HELP).hook('preAction', (_, action) => {
    const filters = action.processedArgs.at(-1) as string[]
    for (const name of OPTIONS_BEFORE_FILTERS) {
      const given: unknown = action.getOptionValue(name)
      if (!Array.isArray(given)) continue
      filters.push(...given.filter((word: string) => word.includes('=')))
      const rest = given.filter((word: string) => !word.includes('='))
      action.setOptionValue(name, rest.length === 0 ? undefined : rest)
    }
  })
}

/**
 * The filters of a command as parameters of the API. The service checks their names and values.
 *
 * @throws {CliError} `FILTER_INVALID` for text without `=`
 */
export function filterPairs(filters: readonly string[]): readonly [name: string, value: string][] {
  return filters.map((filter) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(filter) ?? []
    if (name !== undefined && value !== undefined) return [name, value]
    throw new CliError(
      'FILTER_INVALID',
      `${JSON.stringify(filter)} is not a filter: write name=value, such as event=Failure.`,
    )
  })
}
