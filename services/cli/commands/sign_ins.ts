import { Command } from 'commander'
import { type AccessOptions, withAccess } from '../api/access.js'
import { openApi } from '../api/ask.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { limitOption, withoutLimit } from '../api/limit.js'
import { pages } from '../api/pages.js'
import { isColored, print } from '../print/output.js'
import { painted, paintOf } from '../print/paint.js'
import { tableLines } from '../print/table.js'

interface SignInsOptions extends AccessOptions {
  readonly limit: number
  readonly json?: boolean
}

/** A sign-in, as the API lists it. */
export interface ListedSignIn {
  readonly trace_id: string
  readonly outcome: string
  readonly started_at: string
  readonly duration_ms: number
  readonly failed_at?: { readonly stage?: string; readonly event?: string }
  readonly stages: number
  readonly upstream_idp?: string
  readonly user_id?: string
  readonly upstream_user_id?: string
  readonly source_ip?: string
}

/** The longest page that the API answers. */
const LONGEST_PAGE = 500

export function signInsCommand(): Command {
  return withFilters(
    withAccess(
      new Command('sign-ins')
        .description('Prints the newest sign-ins that match the filters, each with its outcome and where it failed.')
        .addOption(limitOption('sign-ins'))
        .option('--json', 'print each sign-in as a line of JSON, as the API returns it'),
    ),
  )
    .addHelpText(
      'after',
      `
  gatelog sign-ins user=ada@example.com outcome=failure
  gatelog sign-ins provider=google dt_from=today timezone=Europe/Berlin

The filters are user, provider, outcome and times. gatelog sign-in TRACE shows the stages of one.`,
    )
    .action(signIns)
}

async function signIns(filters: readonly string[], options: SignInsOptions): Promise<void> {
  const { limit, parameters } = withoutLimit(filterPairs(filters), options.limit)
  const listing = { path: 'sign_ins', items: 'sign_ins', parameters, limit, longestPage: LONGEST_PAGE }
  const found: ListedSignIn[] = []
  let hasMore = false
  for await (const { items, more } of pages<ListedSignIn>(await openApi(options), listing)) {
    if (options.json === true) await print(items.map((each) => `${JSON.stringify(each)}\n`).join(''))
    found.push(...items)
    hasMore = more
  }
  if (options.json === true) return
  if (found.length === 0) process.stderr.write('No sign-in matches.\n')
  else await print(`${signInLines(found, isColored()).join('\n')}\n`)
  if (hasMore) process.stderr.write(`The newest ${found.length}; there may be more: --limit ${10 * limit}.\n`)
}

const COLUMNS = ['began', 'outcome', 'user', 'provider', 'address', 'seconds', 'failed at', 'trace']

/** Sign-ins as a table for people. */
export function signInLines(signIns: readonly ListedSignIn[], colored: boolean): readonly string[] {
  const rows = signIns.map((each) => [
    each.started_at,
    each.outcome,
    each.upstream_user_id ?? each.user_id ?? '-',
    each.upstream_idp ?? '-',
    each.source_ip ?? '-',
    (each.duration_ms / 1_000).toFixed(1),
    each.failed_at === undefined ? '' : [each.failed_at.stage, each.failed_at.event].filter(Boolean).join(': '),
    each.trace_id,
  ])
  return tableLines(COLUMNS, rows).map((line, index) => painted(line, paintOf(signIns[index - 1]?.outcome), colored))
}
