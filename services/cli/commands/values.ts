import { Command } from 'commander'
import { type AccessOptions, withAccess } from '../api/access.js'
import { openApi } from '../api/ask.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { print } from '../print/output.js'
import { streamOption } from '../stream_option.js'

interface ValuesOptions extends AccessOptions {
  readonly stream: string
  readonly json?: boolean
}

interface Values {
  readonly dt_from: string
  readonly dt_to: string
  readonly values: readonly string[]
  readonly more: boolean
}

export function valuesCommand(): Command {
  return withFilters(
    withAccess(
      new Command('values')
        .description('Prints the distinct values of a field that has few, such as stage.')
        .argument('<field>', 'the field')
        .option('--json', 'print the answer as JSON, as the API returns it')
        .addOption(streamOption()),
    ),
  )
    .addHelpText(
      'after',
      `
  gatelog values stage
  gatelog values application_name upstream_idp=google starts_with=ma dt_from=now-30days

Without dt_from, the values are those of the last 7 days.`,
    )
    .action(values)
}

async function values(field: string, filters: readonly string[], options: ValuesOptions): Promise<void> {
  const ask = await openApi(options)
  const answer = await ask<Values>(`${options.stream}/values`, [['field', field], ...filterPairs(filters)])
  if (options.json === true) {
    await print(`${JSON.stringify(answer)}\n`)
    return
  }
  await print(answer.values.map((value) => `${value}\n`).join(''))
  const { dt_from, dt_to, more } = answer
  process.stderr.write(
    `${answer.values.length} values from ${dt_from} to ${dt_to}${more ? '; there are more: limit=1000, or starts_with=…' : ''}\n`,
  )
}
