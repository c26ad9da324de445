import { CliError } from '../errors.js'

/** How a command describes its filters. */
export const FILTERS_HELP =
  'which records, as name=value with the parameters of the API; repeat a name to match any of several values'

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
