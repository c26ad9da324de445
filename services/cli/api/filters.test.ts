import { Command } from 'commander'
import { expect, it } from 'vitest'
import { withFilters } from './filters.js'

it.each([
  [['stage=Login', '--org', 'a', 'b'], ['stage=Login'], ['a', 'b'], undefined],
  [['--org', 'a', 'outcome=failure', 'limit=2'], ['outcome=failure', 'limit=2'], ['a'], undefined],
  [['--by', 'user_id', 'event=x', '--org', 'a', 'stage=y'], ['event=x', 'stage=y'], ['a'], ['user_id']],
  [['--org', 'outcome=failure'], ['outcome=failure'], undefined, undefined],
])('%j has the filters %j', async (words, filters, org, by) => {
  let read: unknown
  const command = withFilters(new Command().option('--org <id...>').option('--by <field...>').option('--json'))
  await command
    .action((given: string[], options: { org?: string[]; by?: string[] }) => {
      read = { given, org: options.org, by: options.by }
    })
    .parseAsync(words, { from: 'user' })
  expect((read as { given: string[] }).given.toSorted()).toEqual(filters.toSorted())
  expect(read).toMatchObject({ org, by })
})

it('reads filters after another argument', async () => {
  let read: unknown
  const command = withFilters(new Command().argument('<field>').option('--org <id...>'))
  await command
    .action((field: string, given: string[]) => {
      read = { field, given }
    })
    .parseAsync(['stage', '--org', 'a', 'event=x'], { from: 'user' })
  expect(read).toEqual({ field: 'stage', given: ['event=x'] })
})
