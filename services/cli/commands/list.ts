import { Command, InvalidArgumentError, Option } from 'commander'
import { type AccessOptions, withAccess } from '../api/access.js'
import { type Ask, openApi } from '../api/ask.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { CliError } from '../errors.js'
import { isColored, print } from '../print/output.js'
import { type ApiRecord, lineWriter } from '../print/record_lines.js'
import { streamOption } from '../stream_option.js'

interface ListOptions extends AccessOptions {
  readonly stream: string
  readonly limit: number
  readonly json?: boolean
}

interface Page {
  readonly next_cursor?: string
  readonly [stream: string]: unknown
}

/** The longest page that the API answers. */
const LONGEST_PAGE = 10_000

export function listCommand(): Command {
  return withFilters(
    withAccess(
      new Command('list')
        .description('Prints the newest records that match the filters.')
        .addOption(new Option('--limit <n>', 'how many records').argParser(count).default(20))
        .option('--json', 'print each record as a line of JSON, as the API returns it')
        .addOption(streamOption()),
    ),
  )
    .addHelpText(
      'after',
      `
  gatelog list outcome=failure dt_from=now-1hour
  gatelog list upstream_user_id=ada@example.com --json | jq .source_ip

Times and filters are those of the API. The newest record is printed first.`,
    )
    .action(list)
}

async function list(filters: readonly string[], options: ListOptions): Promise<void> {
  const { stream, json } = options
  const { limit, parameters } = withoutLimit(filterPairs(filters), options.limit)
  const line = json === true ? (record: ApiRecord) => JSON.stringify(record) : lineWriter(stream, isColored())
  let printed = 0
  let hasMore = false
  for await (const { records, more } of pages(await openApi(options), { stream, parameters, limit })) {
    // Columns are aligned within a page.
    await print(records.map((record) => `${line(record)}\n`).join(''))
    printed += records.length
    hasMore = more
  }
  if (json === true) return
  if (printed === 0) process.stderr.write('No record matches.\n')
  else if (hasMore) process.stderr.write(`The newest ${printed}; there may be more: --limit ${10 * limit}.\n`)
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

/** Pages of a list until there are `limit` records. With `more`, further records may exist. */
async function* pages(
  ask: Ask,
  {
    stream,
    parameters,
    limit,
  }: {
    readonly stream: string
    readonly parameters: readonly (readonly [string, string])[]
    readonly limit: number
  },
): AsyncGenerator<{ readonly records: readonly ApiRecord[]; readonly more: boolean }> {
  let left = limit
  let cursor: string | undefined
  while (left > 0) {
    const asked = Math.min(left, LONGEST_PAGE)
    const place = cursor === undefined ? [] : [['cursor', cursor] as const]
    const page = await ask<Page>(stream, [...parameters, ['limit', String(asked)], ...place])
    const records = page[stream] as readonly ApiRecord[]
    left -= records.length
    cursor = page.next_cursor
    const more = records.length === asked && cursor !== undefined
    yield { records, more }
    if (!more) return
  }
}

function count(text: string): number {
  const number = wholeNumber(text)
  if (number !== undefined) return number
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}
