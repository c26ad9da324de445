import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { CliError } from '../errors.js'
import { print } from '../print/output.js'
import { readStack, stackOption } from '../stack_file.js'

interface SqlOptions {
  readonly stack: string
  readonly json?: boolean
}

export function sqlCommand(): Command {
  return new Command('sql')
    .description('Runs a query in ClickHouse as the user `analyst`, who reads every organization and changes nothing.')
    .argument('<query>', 'the query, or - for standard input')
    .option('--json', 'print each row as a line of JSON')
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
  gatelog sql 'SELECT outcome, count() FROM sign_ins WHERE started_at > now() - INTERVAL 1 DAY GROUP BY outcome'

The output is a table on a terminal, and text separated by tabs elsewhere. docs/sql.md describes the tables and views.`,
    )
    .action(async (query: string, { stack: file, json }: SqlOptions) => {
      const { clickhouse } = await readStack(file)
      const { name, password } = clickhouse.users.analyst
      const url = new URL(clickhouse.url)
      url.searchParams.set('database', clickhouse.database)
      url.searchParams.set('default_format', json === true ? 'JSONEachRow' : readable(process.stdout.isTTY === true))
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'x-clickhouse-user': name, 'x-clickhouse-key': password },
        body: query === '-' ? await text(process.stdin) : query,
      }).catch(() => {
        throw new CliError('SERVICE_AWAY', `ClickHouse at ${url.origin} does not answer: is it running?`)
      })
      if (!response.ok) throw new CliError('QUERY_REFUSED', (await response.text()).trim())
      for await (const chunk of response.body ?? []) await print(chunk)
    })
}

function readable(isTerminal: boolean): string {
  return isTerminal ? 'PrettyCompactMonoBlock' : 'TSVWithNames'
}
