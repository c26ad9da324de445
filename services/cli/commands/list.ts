import { Command } from 'commander'
import { type AccessOptions, withAccess } from '../api/access.js'
import { openApi } from '../api/ask.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { limitOption, withoutLimit } from '../api/limit.js'
import { pages } from '../api/pages.js'
import { isColored, print } from '../print/output.js'
import { type ApiRecord, recordColumns } from '../print/record_lines.js'
import { streamOption } from '../stream_option.js'

interface ListOptions extends AccessOptions {
  readonly stream: string
  readonly limit: number
  readonly json?: boolean
}

/** The longest page that the API answers. */
const LONGEST_PAGE = 10_000

export function listCommand(): Command {
  return withFilters(
    withAccess(
      new Command('list')
        .description('Prints the newest records that match the filters.')
        .addOption(limitOption('records'))
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
  const columns = recordColumns(stream, isColored())
  const listing = { path: stream, items: stream, parameters, limit, longestPage: LONGEST_PAGE }
  let printed = 0
  let hasMore = false
  for await (const { items: records, more } of pages<ApiRecord>(await openApi(options), listing)) {
    columns.widen(records)
    const line = json === true ? (record: ApiRecord) => JSON.stringify(record) : columns.line
    await print(records.map((record) => `${line(record)}\n`).join(''))
    printed += records.length
    hasMore = more
  }
  if (json === true) return
  if (printed === 0) process.stderr.write('No record matches.\n')
  else if (hasMore) process.stderr.write(`The newest ${printed}; there may be more: --limit ${10 * limit}.\n`)
}
