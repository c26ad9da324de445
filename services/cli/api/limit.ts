import { InvalidArgumentError, Option } from 'commander'
import { CliError } from '../errors.js'

/** The option `--limit`. */
export function limitOption(what: string): Option {
  return new Option('--limit <n>', `how many ${what}`).argParser(count).default(20)
}

/**
 * Takes the limit out of the filters: `limit=5` means `--limit 5`, because each page is asked for with its own limit.
 *
 * @throws {CliError} `FILTER_INVALID` for a limit that is no whole number
 */
export function withoutLimit(
  filters: readonly (readonly [name: string, value: string])[],
  byOption: number,
): { readonly limit: number; readonly parameters: readonly (readonly [string, string])[] } {
  const [, text] = filters.filter(([name]) => name === 'limit').at(-1) ?? []
  const limit = text === undefined ? byOption : wholeNumber(text)
  if (limit === undefined) throw new CliError('FILTER_INVALID', 'limit must be a whole number from 1 on.')
  return { limit, parameters: filters.filter(([name]) => name !== 'limit') }
}

function count(text: string): number {
  const number = wholeNumber(text)
  if (number !== undefined) return number
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}
