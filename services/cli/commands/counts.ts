import { Command } from 'commander'
import { type AccessOptions, withAccess } from '../api/access.js'
import { openApi } from '../api/ask.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { print } from '../print/output.js'
import { type Cells, tableLines } from '../print/table.js'
import { streamOption } from '../stream_option.js'

interface CountsOptions extends AccessOptions {
  readonly stream: string
  readonly by?: readonly string[]
  readonly interval?: string
  readonly signIns?: boolean
  readonly json?: boolean
}

type Count = Readonly<Record<string, string>> & { readonly count: number }

interface Counts {
  readonly by: readonly string[]
  readonly interval?: string
  readonly limit?: number
  readonly dt_from: string
  readonly dt_to: string
  readonly counts: readonly Count[]
}

export function countsCommand(): Command {
  return withFilters(
    withAccess(
      new Command('counts')
        .description('Counts the records that match the filters.')
        .option('--by <field...>', 'the fields to count by, such as outcome or upstream_idp')
        .option('--interval <interval>', 'count each interval by itself, such as 5m, 1h or 1d')
        .option('--sign-ins', 'count sign-ins instead of their records: --by provider, outcome, user, failed_stage, …')
        .option('--json', 'print each count as a line of JSON, as the API returns it')
        .addOption(streamOption()),
    ),
  )
    .addHelpText(
      'after',
      `
  gatelog counts --by outcome stage
  gatelog counts --by source_ip event='Wrong password' dt_from=now-1hour
  gatelog counts --by upstream_user_id outcome=failure dt_from=today timezone=Europe/Berlin limit=10
  gatelog counts --sign-ins --by provider outcome --interval 1d timezone=Europe/Berlin

Without dt_from, the last 24 hours are counted, or the last 60 intervals. The largest count is printed first; with an interval, the
oldest one is.`,
    )
    .action(counts)
}

async function counts(filters: readonly string[], options: CountsOptions): Promise<void> {
  const ask = await openApi(options)
  const answer = await ask<Counts>(`${options.signIns === true ? 'sign_ins' : options.stream}/counts`, [
    ...filterPairs(filters),
    ...(options.by ?? []).map((field) => ['by', field] as const),
    ...(options.interval === undefined ? [] : [['interval', options.interval] as const]),
  ])
  if (options.json === true) {
    await print(answer.counts.map((count) => `${JSON.stringify(count)}\n`).join(''))
    return
  }
  const columns = [...(answer.interval === undefined ? [] : ['time']), ...answer.by]
  const rows = answer.counts.map((count): Cells => [...columns.map((name) => count[name] ?? '-'), count.count])
  if (rows.length > 0) await print(`${tableLines([...columns, 'count'], rows).join('\n')}\n`)
  process.stderr.write(`${footerOf(answer, options.signIns === true ? 'sign-ins' : 'records')}\n`)
}

/** The sum of the counts. With `limit` it is less than all records, because smaller counts are left out. */
export function footerOf(
  {
    counts,
    limit,
    dt_from,
    dt_to,
  }: Pick<Counts, 'limit' | 'dt_from' | 'dt_to'> & { readonly counts: readonly { readonly count: number }[] },
  counted: string,
): string {
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  return `${total.toLocaleString('en')} ${counted}${limit === undefined ? '' : ' shown'} from ${dt_from} to ${dt_to}`
}
